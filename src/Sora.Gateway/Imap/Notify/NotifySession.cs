using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Notify;

/// <summary>
/// What a session watches because of NOTIFY (RFC 5465). Changes are announced from any thread; they are only noted and the session is woken,
/// which then reads what they are and tells its client, between commands and in IDLE.
/// </summary>
internal sealed class NotifySession(ImapConnection connection, SelectedEvents selected, IReadOnlyList<EventGroup> groups)
    : IMailboxSubscriber, IAccountSubscriber, IThreadPoolWorkItem, IDisposable
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<MailboxId, WatchedMailbox> _watched = [];
    private readonly HashSet<MailboxId> _noAccess = []; // told with \NoAccess
    private HashSet<MailboxId> _changed = [];
    private HashSet<MailboxId> _personal = [];
    private bool _listChanged;
    private volatile bool _hasNews;
    private int _waking;
    private MailboxList? _list;
    private IDisposable? _account;
    private ITimer? _retry;

    /// <summary>The client hears of new and expunged messages of the selected mailbox.</summary>
    public bool TellsMessages => selected.Events.HasFlag(NotifyEvents.MessageNew);

    /// <summary>The client hears of flags of the selected mailbox.</summary>
    public bool TellsFlags => selected.Events.HasFlag(NotifyEvents.FlagChange);

    /// <summary>Expunges of the selected mailbox wait for a command.</summary>
    public bool DelaysExpunges => selected.IsDelayed;

    /// <summary>What is told of new messages in the selected mailbox; null for EXISTS only.</summary>
    public List<Fetch.FetchItem>? Fetch => selected.Fetch;

    /// <inheritdoc/>
    public void Changed(MailboxId mailbox, ModSeq modSeq)
    {
        lock (_lock)
            _changed.Add(mailbox);
        Wake();
    }

    /// <inheritdoc/>
    public void Changed(AccountId account)
    {
        lock (_lock)
            _listChanged = true;
        Wake();
    }

    /// <summary>The client itself has added messages to a mailbox, by one request: it need not hear of that.</summary>
    public void AddOwn(MailboxId mailbox, int messages)
    {
        if (_watched.TryGetValue(mailbox, out var watched))
            watched.AddOwn(messages);
    }

    /// <summary>The client hears of changed annotations of some mailboxes or of the server.</summary>
    public bool WantsMetadata { get; } =
        groups.Any(static group => (group.Events & (NotifyEvents.MailboxMetadataChange | NotifyEvents.ServerMetadataChange)) != NotifyEvents.None);

    public bool WantsServerMetadata => groups.Any(static group => group.Events.HasFlag(NotifyEvents.ServerMetadataChange));

    /// <summary>The client hears of changed annotations of this mailbox, which is in its list.</summary>
    public bool WantsMetadataOf(MailboxEntry entry) => _list is { } list && Wants(NotifyEvents.MailboxMetadataChange, entry, list);

    /// <summary>Wakes the session: whoever announces a change may hold a lock.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        Volatile.Write(ref _waking, 0);
        connection.Client.Wake();
    }

    /// <summary>Begins to watch. LIMIT when these are too many mailboxes.</summary>
    /// <param name="withStatus">Tell the client first how the mailboxes are now.</param>
    public async ValueTask<MailError?> StartAsync(bool withStatus, CancellationToken cancellationToken)
    {
        if (groups.All(static group => group.Events == NotifyEvents.None))
            return null;
        _account = connection.Server.Accounts.Subscribe(connection.Account.Id, this);
        if (await WatchAsync(cancellationToken).ConfigureAwait(false) is { } error)
            return error;
        await ReadAsync([.. _watched.Keys], tellAll: withStatus, tellNews: false, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Tells what has been announced since the last time. Costs one look at a flag when that is nothing.</summary>
    /// <param name="own">Names that the client itself has just changed: that is no news to it.</param>
    public async ValueTask PushAsync(CancellationToken cancellationToken, IReadOnlyList<MailboxName>? own = null)
    {
        if (!_hasNews)
            return;
        HashSet<MailboxId> changed;
        bool listChanged;
        lock (_lock)
        {
            _hasNews = false;
            (changed, _changed) = (_changed, []);
            (listChanged, _listChanged) = (_listChanged, false);
        }

        try
        {
            if ((listChanged || await HasOtherListAsync(cancellationToken).ConfigureAwait(false)) && !await PushListAsync(changed, own ?? [], cancellationToken).ConfigureAwait(false))
                return;
            await ReadAsync(changed, tellAll: false, tellNews: true, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!connection.IsInResponse && !connection.IsGone(e))
        {
            // The database is away: nothing is forgotten, and it is tried again.
            Log.NotifyFailed(connection.Server.Logger, connection.Client.Id, e);
            lock (_lock)
            {
                _changed.UnionWith(changed);
                _listChanged |= listChanged;
            }

            _retry ??= connection.Server.Time.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _retry.Change(RetryAfter, Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose()
    {
        _account?.Dispose();
        _retry?.Dispose();
        foreach (var watched in _watched.Values)
            watched.Dispose();
        _watched.Clear();
    }

    private void Wake()
    {
        _hasNews = true;
        if (Interlocked.Exchange(ref _waking, 1) == 0)
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Tells the client that it hears of nothing any more (RFC 5465 section 5.8).</summary>
    public void Overflow(string text)
    {
        ImapReply.Ok(text, ResponseCode.NotificationOverflow).WriteUntagged(connection.Writer);
        connection.Session.Notify = new NotifySession(connection, SelectedEvents.None, []);
        Dispose();
    }

    // Of what one client did, a mailbox may tell before the list does, which is another node's then
    private async ValueTask<bool> HasOtherListAsync(CancellationToken cancellationToken) =>
        !ReferenceEquals(await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false), _list);

    // Names first: what the STATUS responses behind them speak of has the names that the client knows then.
    private async ValueTask<bool> PushListAsync(
        HashSet<MailboxId> changed, IReadOnlyList<MailboxName> own, CancellationToken cancellationToken)
    {
        var (older, personal) = (_list!, _personal);
        var known = new HashSet<MailboxId>(_watched.Keys);
        if (await WatchAsync(cancellationToken).ConfigureAwait(false) is not null)
        {
            Overflow("Too many mailboxes to watch, NOTIFY is off");
            return false;
        }

        var newer = _list!;
        if (!ReferenceEquals(older, newer))
        {
            foreach (var change in ListChanges.Between(older, newer))
            {
                if (!IsOwn(change, own) && (Wants(change, older, personal) || Wants(change, newer, _personal)))
                    WriteList(change, newer);
            }
        }

        // What is watched from now on: a new mailbox was empty a moment ago, any other is as it is.
        foreach (var (id, watched) in _watched)
        {
            if (known.Contains(id))
                continue;
            var isNew = older.Mailboxes.All(entry => entry.Id != id);
            if (isNew && older.Find(watched.Target.Name) is null)
                watched.Known = Empty(watched.Target);
            if (isNew)
                changed.Add(id);
            else
                await ReadAsync([id], tellAll: false, tellNews: false, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    // The levels above a name that was created or deleted are touched by that.
    private static bool IsOwn(ListChange change, IReadOnlyList<MailboxName> own)
    {
        foreach (var name in own)
        {
            if (change.Name == name || change.OldName == name || name.IsBelow(change.Name))
                return true;
        }

        return false;
    }

    private static MailboxStatus Empty(MailboxTarget target) =>
        new(target.Id, target.Entry.UidValidity, new Uid(1), new ModSeq(0), default, 0);

    private bool Wants(ListChange change, MailboxList list, HashSet<MailboxId> personal)
    {
        var entry = list.Find(change.Name);
        var isPersonal = entry is not null ? personal.Contains(entry.Id) : change.Event == NotifyEvents.SubscriptionChange;
        foreach (var group in groups)
        {
            if (!group.Events.HasFlag(change.Event))
                continue;
            if (group.Covers(change.Name, isPersonal, list.IsSubscribed(change.Name)))
                return true;
            if (change.OldName is { } old && group.Covers(old, isPersonal, list.IsSubscribed(old)))
                return true;
        }

        return false;
    }

    private void WriteList(ListChange change, MailboxList list)
    {
        var attributes = list.Find(change.Name) is { } entry
            ? ListAttributes.Of(entry, list)
            : new ListAttributes(MailboxAttributes.NonExistent);
        if (attributes.Flags.HasFlag(MailboxAttributes.NonExistent) && list.HasChildren(change.Name))
            attributes = attributes.With(MailboxAttributes.HasChildren);
        if (list.IsSubscribed(change.Name))
            attributes = attributes.With(MailboxAttributes.Subscribed);
        ListResponse.Write(connection.Writer, attributes, change.Name.Value, extended: null, oldName: change.OldName?.Value);
    }

    // Brings what is watched in line with the list as it is now. Mailboxes that the client asked for and may not read are told as such, when that is so
    // from the beginning and when it comes later, and that they can be read again (RFC 5465 sections 3.1 and 5.9).
    private async ValueTask<MailError?> WatchAsync(CancellationToken cancellationToken)
    {
        var list = await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
        var own = await connection.Account.ListAsync(cancellationToken).ConfigureAwait(false);
        _personal = [.. own.Mailboxes.Select(static entry => entry.Id)];
        _list = list;
        var wanted = new HashSet<MailboxId>();
        foreach (var entry in list.Mailboxes)
        {
            var events = EventsOf(entry, list);
            if (events == NotifyEvents.None)
                continue;
            var found = await connection.Directory.FindAsync(entry.Name, Rights.Read, cancellationToken).ConfigureAwait(false);
            if (!found.IsOk)
            {
                if (found.Error.Code == MailErrorCode.NoPerm && _noAccess.Add(entry.Id))
                    WriteAccess(entry.Name, ListAttributes.Of(entry, list).With(MailboxAttributes.NoAccess));
                continue;
            }

            if (_noAccess.Remove(entry.Id) && !Wants(NotifyEvents.MailboxName, entry, list))
                WriteAccess(entry.Name, ListAttributes.Of(entry, list));
            wanted.Add(entry.Id);
            if (wanted.Count > connection.Server.Options.MaxNotifyMailboxes)
                return new MailError(MailErrorCode.Limit, "Too many mailboxes to watch");
            if (_watched.TryGetValue(entry.Id, out var watched))
                watched.Update(found.Value, events);
            else
                _watched.Add(entry.Id, new WatchedMailbox(found.Value, events, connection.Server.Mailboxes.Subscribe(entry.Id, this)));
        }

        foreach (var (id, watched) in _watched)
        {
            if (wanted.Contains(id))
                continue;
            watched.Dispose();
            _watched.Remove(id);
            if (await HasLostAsync(watched.Target, list, cancellationToken).ConfigureAwait(false) && _noAccess.Add(id))
                WriteAccess(watched.Target.Name, new ListAttributes(MailboxAttributes.NoAccess));
        }

        return null;
    }

    // A mailbox of somebody else that is still there and that the user may not look up any more. Who wants to hear of names hears that it is gone.
    private async ValueTask<bool> HasLostAsync(MailboxTarget target, MailboxList list, CancellationToken cancellationToken)
    {
        if (target.IsOwn || list.Mailboxes.Any(entry => entry.Id == target.Id) || Wants(NotifyEvents.MailboxName, target.Entry with { Name = target.Name }, list))
            return false;
        var theirs = await target.Account.ListAsync(cancellationToken).ConfigureAwait(false);
        return theirs.Mailboxes.Any(entry => entry.Id == target.Id);
    }

    private void WriteAccess(MailboxName name, ListAttributes attributes) =>
        ListResponse.Write(connection.Writer, attributes, name.Value, extended: null);

    private bool Wants(NotifyEvents wanted, MailboxEntry entry, MailboxList list) => groups.Any(
        group => group.Events.HasFlag(wanted) && group.Covers(entry.Name, _personal.Contains(entry.Id), list.IsSubscribed(entry.Name)));

    private NotifyEvents EventsOf(MailboxEntry entry, MailboxList list)
    {
        var events = NotifyEvents.None;
        foreach (var group in groups)
        {
            var more = group.Events & NotifyEvents.Message & ~events;
            if (more != NotifyEvents.None && group.Covers(entry.Name, _personal.Contains(entry.Id), list.IsSubscribed(entry.Name)))
                events |= more;
        }

        return events;
    }

    // The selected mailbox is told by its own responses (section 3.1).
    private async ValueTask ReadAsync(IReadOnlyCollection<MailboxId> ids, bool tellAll, bool tellNews, CancellationToken cancellationToken)
    {
        var current = connection.Session.Selected?.Id;
        foreach (var byAccount in ids.Where(_watched.ContainsKey).Select(id => _watched[id]).GroupBy(static watched => watched.Target.Account))
        {
            var mailboxes = byAccount.ToList();
            var byNumber = mailboxes.ConvertAll(static watched => watched.Target.Id);
            var statuses = await byAccount.Key.StatusAsync(byNumber, withRecent: false, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < mailboxes.Count; i++)
            {
                var watched = mailboxes[i];
                if (statuses[i] is not { } now)
                    continue;
                var items = tellAll ? watched.FirstItems() : tellNews ? watched.NewsIn(now, connection.Session.CondStore) : null;
                watched.Known = now;
                if (items is not null && watched.Target.Id != current)
                    StatusItems.Write(connection, watched.Target.Name.Value, now, items);
                if (connection.Writer.ShouldFlush)
                    await connection.Writer.FlushAsync().ConfigureAwait(false);
            }
        }
    }
}
