using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sieve;

/// <summary>What scripts remember, and the accounts' script logs, in the database.</summary>
public sealed class SieveHistoryHost : ISieveHistory, ISieveLog
{
    private const int MaxName = 200; // a script's name, or a file's
    private const int MaxMessageId = 1000;
    private const int MaxText = 2000;

    private readonly SieveStore _store;
    private readonly SieveOptions _options;
    private readonly ILogger _logger;

    public SieveHistoryHost(Database database, SieveOptions options, ILoggerFactory loggers)
    {
        _store = new SieveStore(database.Write);
        _options = options;
        _logger = loggers.CreateLogger<SieveHistoryHost>();
    }

    public async Task<MailResult<bool>> TryAnswerAsync(
        AccountId account, string handle, string sender, string operation, TimeSpan period, CancellationToken cancellationToken)
    {
        if (period <= TimeSpan.Zero)
            return true;
        if (period > _options.MaxVacationPeriod)
            period = _options.MaxVacationPeriod;
        return await TryAsync(() => _store.TryAnswerAsync(account, ScriptHash.Of(handle), SenderHash(sender), ScriptHash.Of(operation), period, cancellationToken));
    }

    public Task<MailResult<Done>> ForgetAnswerAsync(AccountId account, string handle, string sender, CancellationToken cancellationToken) =>
        TryAsync(async () =>
        {
            await _store.ForgetAnswerAsync(account, ScriptHash.Of(handle), SenderHash(sender), cancellationToken);
            return new Done();
        });

    public Task<MailResult<bool>> IsDuplicateAsync(AccountId account, string handle, string id, CancellationToken cancellationToken) =>
        TryAsync(() => _store.IsDuplicateAsync(account, ScriptHash.Of(handle), ScriptHash.Of(id), cancellationToken));

    public Task<MailResult<Done>> MarkAsync(AccountId account, IReadOnlyList<SieveDuplicateMark> marks, CancellationToken cancellationToken)
    {
        // Of an id that comes twice the last one counts
        var last = new Dictionary<(string, string), TimeSpan>();
        foreach (var mark in marks)
            last[(mark.Handle, mark.Id)] = mark.Lifetime < _options.MaxDuplicatePeriod ? mark.Lifetime : _options.MaxDuplicatePeriod;
        return TryAsync(async () =>
        {
            if (last.Count > 0)
            {
                await _store.MarkAsync(
                    account, [.. last.Select(static mark => (ScriptHash.Of(mark.Key.Item1), ScriptHash.Of(mark.Key.Item2), mark.Value))], cancellationToken);
            }

            return new Done();
        });
    }

    public Task<MailResult<Done>> AddAsync(AccountId account, IReadOnlyList<SieveLogEntry> entries, CancellationToken cancellationToken)
    {
        var kept = entries.TakeLast(_options.MaxLogEntries).Select(static entry => entry with
        {
            Script = Clean(entry.Script, MaxName),
            MessageId = Clean(entry.MessageId, MaxMessageId),
            Text = Clean(entry.Text, MaxText),
        }).ToList();
        return TryAsync(async () =>
        {
            if (kept.Count > 0)
                await _store.LogAsync(account, kept, _options.MaxLogEntries, cancellationToken);
            return new Done();
        });
    }

    public Task<MailResult<ImmutableArray<SieveLogEntry>>> ListAsync(AccountId account, int most, CancellationToken cancellationToken) =>
        TryAsync(async () => (await _store.ReadLogAsync(account, most, cancellationToken)).ToImmutableArray());

    // The same address however its case was written: most senders' local parts do not tell cases apart either
    private static byte[] SenderHash(string sender) => ScriptHash.Of(sender.ToLowerInvariant());

    // What comes out of messages may hold characters that are no text
    private static string Clean(string text, int most)
    {
        var clean = text.Length > most ? text[..most] : text;
        return string.Create(clean.Length, clean, static (span, from) =>
        {
            for (var i = 0; i < span.Length; i++)
            {
                if (char.IsHighSurrogate(from[i]) && i + 1 < from.Length && char.IsLowSurrogate(from[i + 1]))
                {
                    span[i] = from[i];
                    span[++i] = from[i];
                    continue;
                }

                span[i] = char.IsSurrogate(from[i]) ? '\uFFFD' : char.IsControl(from[i]) ? ' ' : from[i];
            }
        });
    }

    private async Task<MailResult<T>> TryAsync<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.SieveFailed(_logger, e);
            return MailError.Unavailable();
        }
    }
}
