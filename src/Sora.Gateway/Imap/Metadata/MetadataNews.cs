using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Metadata;

/// <summary>
/// What others have changed in annotations, for a session that has enabled METADATA or METADATA-SERVER (RFC 5464 section 4.4.2). It waits until
/// something else is told to the client, and in IDLE not at all.
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
    private volatile bool _isIdle;

    public MetadataNews(ImapConnection connection)
    {
        _connection = connection;
        _user = connection.Account.Id;
        _subscription = connection.Server.Metadata.Subscribe(this);
    }

    /// <summary>Mailboxes' annotations are told.</summary>
    public bool OfMailboxes { get; set; }

    /// <summary>The server's annotations are told.</summary>
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
        if (!change.Operation.IsNone && change.Operation == Own)
            return;
        var isNews = false;
        lock (_lock)
        {
            foreach (var entry in change.Entries)
            {
                var isPrivate = entry.StartsWith(MetadataEntry.PrivatePrefix, StringComparison.OrdinalIgnoreCase);
                if ((isPrivate && change.User != _user) || _waiting.Count >= MaxWaiting || _waiting.Contains((change.Mailbox, entry)))
                    continue;
                _waiting.Add((change.Mailbox, entry));
                isNews = true;
            }
        }

        if (isNews && _isIdle)
            _connection.Client.Wake();
    }

    /// <summary>Tells the client what waits, of those mailboxes whose annotations the user may see.</summary>
    public async ValueTask ReportAsync(CancellationToken cancellationToken)
    {
        List<(MailboxId Mailbox, string Entry)> news;
        lock (_lock)
        {
            if (_waiting.Count == 0)
                return;
            (news, _waiting) = (_waiting, []);
        }

        MailboxList? list = null;
        foreach (var group in news.GroupBy(static change => change.Mailbox))
        {
            if (group.Key.Value == 0)
            {
                if (OfServer)
                    Write("", group);
                continue;
            }

            if (!OfMailboxes)
                continue;
            list ??= await _connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
            if (list.Mailboxes.FirstOrDefault(mailbox => mailbox.Id == group.Key) is { } entry
                && (await MetadataLookup.FindAsync(_connection, entry.Name, toShare: false, cancellationToken).ConfigureAwait(false)).IsOk)
                Write(entry.Name.Value, group);
        }
    }

    private void Write(string name, IEnumerable<(MailboxId Mailbox, string Entry)> changes)
    {
        var writer = _connection.Writer;
        writer.Raw("* METADATA "u8);
        writer.Mailbox(name);
        foreach (var (_, entry) in changes)
        {
            writer.Space();
            writer.AString(Encoding.ASCII.GetBytes(entry));
        }

        writer.Crlf();
    }
}
