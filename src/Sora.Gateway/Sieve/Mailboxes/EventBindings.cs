using System.Collections.Concurrent;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>
/// Which scripts mailboxes have been given for events: their annotation /shared/imapsieve/script, or the server's where they have none (RFC 6785 section 2.3.1). What was read
/// is kept until it changes, so that a command on a mailbox without a script asks nobody.
/// </summary>
internal sealed class EventBindings : IMetadataSubscriber, IDisposable
{
    /// <summary>The annotation.</summary>
    public const string Entry = "/shared/imapsieve/script";

    private static MailboxId Server => new(0);

    private readonly ConcurrentDictionary<MailboxId, Known> _known = [];
    private readonly IMetadata _metadata;
    private readonly SieveImapOptions _options;
    private readonly TimeProvider _time;
    private readonly IDisposable _subscription;
    private long _changes;

    public EventBindings(IMetadata metadata, SieveImapOptions options, TimeProvider time)
    {
        _metadata = metadata;
        _options = options;
        _time = time;
        _subscription = metadata.Subscribe(this);
    }

    private sealed record Known(string? Value, long ReadAt);

    /// <summary>The name of the mailbox's script; null when it has none, or one that cannot be. UNAVAILABLE.</summary>
    public async ValueTask<MailResult<SieveScriptName?>> FindAsync(AccountId owner, MailboxId mailbox, CancellationToken cancellationToken)
    {
        var own = await ReadAsync(owner, mailbox, cancellationToken);
        if (!own.IsOk)
            return own.Error;

        // "The selection of which metadata entry to use happens before any examination of the contents of the entry"
        var value = own.Value.Value;
        if (value is null)
        {
            var server = await ReadAsync(owner, Server, cancellationToken);
            if (!server.IsOk)
                return server.Error;
            value = server.Value.Value;
        }

        return !string.IsNullOrEmpty(value) && SieveScriptName.Parse(value) is { IsOk: true } name ? name.Value : (SieveScriptName?)null;
    }

    /// <summary>The value can name a script, or says that there is none.</summary>
    public static bool IsUsable(byte[]? value)
    {
        if (value is not { Length: > 0 })
            return true;
        try
        {
            return SieveScriptName.Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(value)).IsOk;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    public void MetadataChanged(MetadataChange change)
    {
        foreach (var entry in change.Entries)
        {
            if (!entry.Equals(Entry, StringComparison.OrdinalIgnoreCase))
                continue;
            Interlocked.Increment(ref _changes);
            _known.TryRemove(change.Mailbox, out _);
        }
    }

    public void Dispose() => _subscription.Dispose();

    private async ValueTask<MailResult<Known>> ReadAsync(AccountId owner, MailboxId mailbox, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue(mailbox, out var known) && _time.GetElapsedTime(known.ReadAt) < _options.Refresh)
            return known;
        var changes = Interlocked.Read(ref _changes);
        var query = new MetadataQuery(owner, mailbox == Server ? [] : [mailbox], [Entry], MetadataDepth.Zero, SieveScriptName.MaxCharacters * 4);
        var read = await _metadata.ReadAsync(query, cancellationToken);
        if (!read.IsOk)
            return read.Error;

        // A value that is too long to be read is there, and names no script
        known = new Known(read.Value is [var annotation, ..] ? Encoding.UTF8.GetString(annotation.Value ?? []) : null, _time.GetTimestamp());
        if (_known.Count >= _options.MaxCachedMailboxes)
            _known.Clear();
        if (Interlocked.Read(ref _changes) == changes)
            _known[mailbox] = known;
        return known;
    }
}
