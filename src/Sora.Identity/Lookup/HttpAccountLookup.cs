using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Identity.Http;

namespace Sora.Identity.Lookup;

/// <summary>
/// Asks a service over HTTP (docs/lookup.md), and remembers what it says. A login goes by what the service has said in the last seconds. Only when it does not answer is something older
/// used, and never to refuse somebody: a password that was changed is known to be at most <see cref="LookupOptions.LoginCache"/> after the service tells, or, when it was away, after
/// <see cref="ServiceOptions.Pause"/>, which both are 5 seconds at most.
/// </summary>
public sealed class HttpAccountLookup : IAccountLookup, IAsyncDisposable
{
    private readonly LookupOptions _options;
    private readonly IdentityMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ServiceClient _client;
    private readonly LookupCache _cache;
    private readonly ConcurrentDictionary<string, Asked> _asked = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, RightPassword> _right = new(StringComparer.Ordinal);
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly CancellationTokenSource _stopping = new();

    /// <exception cref="IOException">The file of authorities cannot be read.</exception>
    /// <exception cref="CryptographicException">It is none.</exception>
    public HttpAccountLookup(LookupOptions options, IdentityMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        _options = options;
        _metrics = metrics;
        _time = time;
        _client = new ServiceClient("lookup", options.Http, metrics, time, loggers.CreateLogger<HttpAccountLookup>());
        _cache = new LookupCache(options.CacheEntries);
    }

    /// <inheritdoc/>
    public bool Covers(string address) =>
        address.LastIndexOf('@') is var at and > 0 && at + 1 < address.Length
        && (_options.Domains.Count == 0 || _options.Domains.Contains(address[(at + 1)..], StringComparer.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public async ValueTask<MailResult<ExternalAccount?>> FindAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync(new Question(address, "recipient", "", null, null), _options.RecipientCache, cancellationToken).ConfigureAwait(false);
        }
        catch (ServiceException)
        {
            return MailError.Unavailable();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MailResult<ExternalLogin>> LogInAsync(ExternalLoginRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var question = new Question(request.Address, "login", request.Protocol, request.Client?.ToString(), null);
            return _options.PasswordCheck == PasswordCheck.Service && request.Password is { } password
                ? await CheckAsync(question, password, cancellationToken).ConfigureAwait(false)
                : new ExternalLogin(await FindAsync(question, _options.LoginCache, cancellationToken).ConfigureAwait(false), null);
        }
        catch (ServiceException)
        {
            return MailError.Unavailable();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var asked in _asked.Values)
        {
            try
            {
                await asked.Answer.ConfigureAwait(false);
            }
            catch (Exception e) when (e is ServiceException or OperationCanceledException)
            {
                // Who asked hears of it
            }
        }

        _client.Dispose();
        _stopping.Dispose();
    }

    private async ValueTask<ExternalAccount?> FindAsync(Question question, TimeSpan mostAge, CancellationToken cancellationToken)
    {
        var known = _cache.Find(question.Address);
        if (known is not null && _time.GetElapsedTime(known.At) < (known.Account is null ? _options.NotFoundCache : mostAge))
        {
            _metrics.Looked("cache");
            return known.Account;
        }

        try
        {
            var answer = await AskOnceAsync(question, mostAge, cancellationToken).ConfigureAwait(false);
            _metrics.Looked("service");
            return answer.Account;
        }
        catch (ServiceException) when (IsStillGood(known))
        {
            _metrics.Looked("stale");
            return known!.Account;
        }
    }

    // Whoever was not there a while ago may be there now
    private bool IsStillGood(Remembered? known) => known is { Account: not null } && _time.GetElapsedTime(known.At) < _options.Stale;

    // Those who ask for the same at the same time share one answer, which none of them can cancel for the others
    private async ValueTask<Remembered> AskOnceAsync(Question question, TimeSpan mostAge, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_asked.TryGetValue(question.Address, out var asked) && _time.GetElapsedTime(asked.At) < mostAge)
                return await asked.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
            var own = new Asked(_time.GetTimestamp());
            if (!(asked is null ? _asked.TryAdd(question.Address, own) : _asked.TryUpdate(question.Address, own, asked)))
                continue;
            _ = AskAsync(question, own); // ends by itself, and tells all who wait how
            return await own.Answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task AskAsync(Question question, Asked self)
    {
        try
        {
            await Task.Yield(); // who asks first waits as all others do
            var known = _cache.Find(question.Address);
            var version = known?.Account is null ? null : known.Version;
            var answer = await AskAsync(question with { Known = version }, null, _stopping.Token).ConfigureAwait(false);
            var remembered = answer.Result switch
            {
                LookupResult.Unchanged => known! with { At = self.At },
                _ => new Remembered(answer.Account, answer.Version, self.At),
            };
            _cache.Add(question.Address, remembered);
            _asked.TryRemove(new KeyValuePair<string, Asked>(question.Address, self));
            self.Succeed(remembered);
        }
        catch (Exception e)
        {
            _asked.TryRemove(new KeyValuePair<string, Asked>(question.Address, self));
            self.Fail(e);
        }
    }

    private async ValueTask<ExternalLogin> CheckAsync(Question question, string password, CancellationToken cancellationToken)
    {
        var digest = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(password));
        var isKnown = _right.TryGetValue(question.Address, out var right) && CryptographicOperations.FixedTimeEquals(right.Digest, digest);
        if (isKnown && _time.GetElapsedTime(right!.At) < _options.LoginCache)
        {
            _metrics.Looked("cache");
            return new ExternalLogin(right.Account, true);
        }

        var at = _time.GetTimestamp();
        try
        {
            var answer = await AskAsync(question, password, cancellationToken).ConfigureAwait(false);
            _metrics.Looked("service");
            if (answer.Result != LookupResult.Found)
            {
                if (isKnown)
                    _right.TryRemove(new KeyValuePair<string, RightPassword>(question.Address, right!));
                if (answer.Result == LookupResult.NotFound)
                    _cache.Add(question.Address, new Remembered(null, null, at));
                return new ExternalLogin(null, answer.Result == LookupResult.WrongPassword ? false : null);
            }

            _cache.Add(question.Address, new Remembered(answer.Account, answer.Version, at));
            if (_right.Count >= _options.CacheEntries)
                _right.Clear();
            _right[question.Address] = new RightPassword(answer.Account!, digest, at);
            return new ExternalLogin(answer.Account, true);
        }
        catch (ServiceException) when (isKnown && _time.GetElapsedTime(right!.At) < _options.Stale)
        {
            _metrics.Looked("stale");
            return new ExternalLogin(right!.Account, true);
        }
    }

    private Task<LookupAnswer> AskAsync(Question question, string? password, CancellationToken cancellationToken) => _client.AskAsync(
        () => Request(question, password),
        answer => LookupAnswer.Read(answer, question.Address, password is not null, question.Known is not null, _options),
        cancellationToken);

    private HttpRequestMessage Request(Question question, string? password)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("address", question.Address);
            json.WriteString("purpose", question.Purpose);
            if (question.Protocol.Length > 0)
                json.WriteString("protocol", question.Protocol);
            if (question.Client is { } client)
                json.WriteString("client", client);
            if (password is not null)
                json.WriteString("password", password);
            if (question.Known is { } known)
                json.WriteString("known", known);
            json.WriteEndObject();
        }

        var content = new ByteArrayContent(buffer.ToArray());
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        var request = new HttpRequestMessage(HttpMethod.Post, _options.Url) { Content = content };
        request.Headers.Accept.ParseAdd("application/json");
        if (_options.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private sealed record Question(string Address, string Purpose, string Protocol, string? Client, string? Known);

    /// <summary>A password that the service has called right.</summary>
    private sealed record RightPassword(ExternalAccount Account, byte[] Digest, long At);

    /// <summary>A question that is under way.</summary>
    private sealed class Asked(long at)
    {
        // Those who wait go on elsewhere than where the answer was read
        private readonly TaskCompletionSource<Remembered> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long At => at;

        public Task<Remembered> Answer => _answer.Task;

        public void Succeed(Remembered remembered) => _answer.TrySetResult(remembered);

        public void Fail(Exception e)
        {
            _answer.TrySetException(e);
            _ = _answer.Task.Exception; // all who waited may have left
        }
    }
}
