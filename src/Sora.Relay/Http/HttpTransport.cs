using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Relay.Http;

/// <summary>
/// Posts a message as <c>message/rfc822</c>. The envelope is in header fields, an address each, with what is not plain ASCII percent-encoded as UTF-8. 2xx is the
/// endpoint's word that it has the message for all of them; 4xx refuses it for good, but for 401 and 407 (the login is wrong, not the message), 408, 425 and 429; everything else refuses it for the time being.
/// </summary>
internal sealed class HttpTransport : IRelayTransport
{
    // Servers limit what a header may have, many of them to 8 KiB
    private const int MaxEnvelope = 4096;
    private const int MaxAnswer = 4096;
    private const int ShownAnswer = 200;

    private readonly IRelayQueue _queue;
    private readonly RelayOptions _options;
    private readonly RelayMetrics _metrics;
    private readonly Uri _url;
    private readonly HttpClient _client;
    private readonly Outage _outage;
    private readonly ILogger _logger;

    public HttpTransport(IRelayQueue queue, RelayOptions options, RelayMetrics metrics, TimeProvider time, ILogger logger)
    {
        _queue = queue;
        _options = options;
        _metrics = metrics;
        _url = new Uri(options.Http.Url!);
        _outage = new Outage(options, time);
        _logger = logger;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a token is for one place
            ConnectTimeout = options.Timeouts.Connect,
            MaxConnectionsPerServer = options.Parallelism,
            PooledConnectionIdleTimeout = options.Timeouts.Idle,
            UseCookies = false,
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public TimeSpan Outage => _outage.Left;

    public async Task<List<Delivery>> SendAsync(
        RelayWork work, string sender, IReadOnlyList<RelayTarget> recipients, CancellationToken cancellationToken)
    {
        var done = new List<Delivery>(recipients.Count);
        for (var start = 0; start < recipients.Count;)
        {
            var group = Group(recipients, start);
            var (fate, reply) = await PostAsync(work, sender, group, cancellationToken);
            done.AddRange(group.Select(recipient => new Delivery(recipient, fate, reply)));
            start += group.Count;
        }

        return done;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<RelayTarget> Group(IReadOnlyList<RelayTarget> recipients, int start)
    {
        var group = new List<RelayTarget> { recipients[start] };
        var length = Encode(recipients[start].Recipient.Address).Length;
        for (var i = start + 1; i < recipients.Count && (length += Encode(recipients[i].Recipient.Address).Length) <= MaxEnvelope; i++)
            group.Add(recipients[i]);
        return group;
    }

    private async Task<(RelayFate Fate, RelayReply Reply)> PostAsync(
        RelayWork work, string sender, List<RelayTarget> recipients, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(_options.Http.Timeout);
        try
        {
            using var request = Request(work, sender, recipients);
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            var code = (int)response.StatusCode;
            var text = await ReadAsync(response, limit.Token);
            var isOurs = response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.ProxyAuthenticationRequired;
            if (response.IsSuccessStatusCode)
            {
                _outage.Over();
                return (RelayFate.Sent, Reply("2.0.0", code, text));
            }

            // Nothing that is wrong with this message
            if (code < 400 || code >= 500 || isOurs)
                Failed($"HTTP {code} {text}");
            return code is >= 400 and < 500 and not (408 or 425 or 429) && !isOurs
                ? (RelayFate.Failed, Reply("5.0.0", code, text))
                : (RelayFate.Deferred, Reply("4.0.0", code, text));
        }
        catch (Exception e) when (IsUnreadable(e) || (e.InnerException is { } inner && IsUnreadable(inner)))
        {
            Log.SendFailed(_logger, work.Message, e);
            return (RelayFate.Deferred, new RelayReply(0, "4.3.0", "The message could not be read from the queue"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
        {
            var isStopped = cancellationToken.IsCancellationRequested;
            var reason = isStopped ? "This node stopped while it was sending" : e is OperationCanceledException ? "no answer in time" : (e.InnerException ?? e).Message;
            if (!isStopped)
                Failed(reason);
            return (RelayFate.Deferred, new RelayReply(0, isStopped ? "4.3.2" : "4.4.1", reason, _url.Host));
        }
    }

    private static bool IsUnreadable(Exception e) => e is System.Data.Common.DbException or MessageGoneException;

    private HttpRequestMessage Request(RelayWork work, string sender, List<RelayTarget> recipients)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, _url) { Content = new QueuedContent(_queue, work) };
        request.Headers.Add("Sora-Envelope-From", $"<{Encode(sender)}>");
        foreach (var recipient in recipients)
            request.Headers.TryAddWithoutValidation("Sora-Envelope-To", $"<{Encode(recipient.Recipient.Address)}>");
        request.Headers.Add("Sora-Message", work.Message.ToString(System.Globalization.CultureInfo.InvariantCulture));
        if (_options.Http.Token is { } token)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private void Failed(string reason)
    {
        _metrics.HostFailed(_url.Host);
        Log.HostFailed(_logger, _url.Host, reason, _outage.Failed());
    }

    private RelayReply Reply(string status, int code, string text) => new(0, status, $"HTTP {code} {text}".TrimEnd(), _url.Host);

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxAnswer];
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        var length = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        var text = System.Text.Encoding.UTF8.GetString(buffer, 0, length);
        text = new string([.. text.Select(static c => char.IsControl(c) ? ' ' : c)]).Trim();
        return text.Length > ShownAnswer ? text[..ShownAnswer] : text;
    }

    /// <summary>Everything but printable ASCII, and what would end the address or be taken for an escape.</summary>
    private static string Encode(string address)
    {
        var text = new System.Text.StringBuilder(address.Length);
        foreach (var octet in System.Text.Encoding.UTF8.GetBytes(address))
        {
            if (octet is > (byte)' ' and < 0x7F and not ((byte)'%' or (byte)'<' or (byte)'>' or (byte)','))
                text.Append((char)octet);
            else
                text.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{octet:X2}");
        }

        return text.ToString();
    }
}
