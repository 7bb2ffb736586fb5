using Sora.Contracts;
using Sora.Gateway.Imap.Notify;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Metadata;

/// <summary>
/// What others, in this process or another one, have changed in annotations. A session hears of it that has enabled METADATA or METADATA-SERVER (RFC
/// 5464 section 4.4.2): when something else is told to the client, and in IDLE. From the first NOTIFY on that command decides alone what is told, and
/// what it asks for is told at once (RFC 5465 sections 5.6 and 5.7).
/// </summary>
internal sealed class MetadataNews : IMetadataSubscriber, IDisposable
{
    // A client that never asks for anything is not remembered for: it has to read everything anew anyway
    private const int MaxWaiting = 1000;

    private readonly Lock _lock = new();
    private readonly ImapConnection _connection;
    private readonly AccountId _user;
    private readonly IDisposable _subscription;
    private List<(MailboxId Mailbox, string Entry)> _waiting = [];
    private bool _hasOverflown;
    private volatile bool _isIdle;

    public MetadataNews(ImapConnection connection)
    {
        _connection = connection;
        _user = connection.Account.Id;
        _subscription = connection.Server.Metadata.Subscribe(this);
    }

    /// <summary>Mailboxes' annotations are told because of ENABLE.</summary>
    public bool OfMailboxes { get; set; }

    /// <summary>The server's annotations are told because of ENABLE.</summary>
    public bool OfServer { get; set; }

    /// <summary>What this session is setting itself, which it is not told.</summary>
    public OperationId Own { get; set; }

    /// <summary>The client waits in IDLE: what comes wakes it.</summary>
    public bool IsIdle
    {
        get => _isIdle;
        set => _isIdle = value;
    }

    public void Dispose() => _subscription.Dispose();

    public void MetadataChanged(MetadataChange change)
    {
        var notify = _connection.Session.Notify;
        if ((!change.Operation.IsNone && change.Operation == Own) || !(notify?.WantsMetadata ?? (OfMailboxes || OfServer)))
            return;
        var isNews = false;
        lock (_lock)
        {
            foreach (var entry in change.Entries)
            {
                var isPrivate = entry.StartsWith(MetadataEntry.PrivatePrefix, StringComparison.OrdinalIgnoreCase);
                if ((isPrivate && change.User != _user) || _waiting.Contains((change.Mailbox, entry)))
                    continue;
                isNews = true;
                if (_waiting.Count < MaxWaiting)
                    _waiting.Add((change.Mailbox, entry));
                else
                    _hasOverflown = true;
            }
        }

        if (isNews && (_isIdle || notify is not null))
            _connection.Client.Wake();
    }

    /// <summary>Tells the client what waits, of those mailboxes whose annotations the user may see.</summary>
    public async ValueTask ReportAsync(CancellationToken cancellationToken)
    {
        List<(MailboxId Mailbox, string Entry)> news;
        bool hasOverflown;
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return;
            (news, _waiting) = (_waiting, []);
            (hasOverflown, _hasOverflown) = (_hasOverflown, false);
        }

        if (hasOverflown && _connection.Session.Notify is { WantsMetadata: true } overflown)
        {
            overflown.Overflow("Too many annotations have changed at once, NOTIFY is off");
            return;
        }

        foreach (var group in news.GroupBy(static change => change.Mailbox, static change => change.Entry))
        {
            if (await NameAsync(group.Key, cancellationToken).ConfigureAwait(false) is { } name)
                MailboxResponses.WriteMetadataChange(_connection.Writer, name, group.Distinct(StringComparer.OrdinalIgnoreCase));
        }
    }

    // The name to tell, empty for the server; null when the client does not want it, or may not know
    private async ValueTask<string?> NameAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        var notify = _connection.Session.Notify;
        if (mailbox.Value == 0)
            return notify?.WantsServerMetadata ?? OfServer ? "" : null;
        var list = await _connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
        if (list.Mailboxes.FirstOrDefault(entry => entry.Id == mailbox) is not { } found || !(notify?.WantsMetadataOf(found) ?? OfMailboxes))
            return null;
        var target = await MetadataLookup.FindAsync(_connection, found.Name, toShare: false, cancellationToken).ConfigureAwait(false);

        // NOTIFY is for those who may read the mailbox (RFC 5465 section 5)
        return target.IsOk && (notify is null || target.Value.May(Rights.Read)) ? found.Name.Value : null;
    }
}
