using System.Collections.Concurrent;
using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Replicas;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>
/// Runs scripts after commands (RFC 6785 section 2.2). A command waits for its own for a while and is then answered, whatever they do; what is left of them goes on. So a
/// client that asks for the flags next sees what scripts have made of them, and one that copies thousands of messages is not kept waiting.
/// </summary>
internal sealed class EventRunner(MailboxScripts scripts, EventScripts events) : IAsyncDisposable
{
    private const int BatchSize = 64;

    private readonly ConcurrentDictionary<Task, byte> _running = [];
    private readonly SemaphoreSlim _turns = new(scripts.Options.Concurrency);
    private readonly CancellationTokenSource _stop = new();
    private int _background;

    private TimeProvider Time => scripts.Scripts.Time;

    /// <summary>The scripts that start when this happens in the mailbox; null for none.</summary>
    /// <param name="cause">What happened.</param>
    /// <param name="target">The mailbox.</param>
    /// <param name="from">Where the messages were copied from, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async ValueTask<EventSequences?> FindAsync(SieveImapCause cause, MailboxTarget target, string? from, CancellationToken cancellationToken)
    {
        var found = await events.FindAsync(cause, target, from, cancellationToken);
        if (found.IsOk)
            return found.Value;

        // The command has succeeded, and does not fail because of this
        scripts.Scripts.Instruments.Failed();
        Log.EventsLost(scripts.Logger, target.Account.Id.Value, target.Id.Value, found.Error.Text);
        return null;
    }

    /// <summary>Runs scripts, and waits for them as long as a command waits.</summary>
    /// <exception cref="Imap.Wire.ClientGoneException">The client has gone; the scripts run on.</exception>
    public async ValueTask RunAsync(ImapConnection connection, EventSequences sequences, MessageEvents happened, CancellationToken cancellationToken)
    {
        var job = RunAllAsync(sequences, happened);
        _running[job] = 0;
        _ = job.ContinueWith(done => _running.TryRemove(done, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (job.IsCompleted)
            return;
        using var answered = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var until = Task.Delay(scripts.Options.Wait, Time, answered.Token);
        try
        {
            await ProgressReport.WhileAsync(connection, Task.WhenAny(job, until));
            await Task.WhenAny(job, until);
            if (!job.IsCompleted && !cancellationToken.IsCancellationRequested && !TryLeave(job))
            {
                await ProgressReport.WhileAsync(connection, job);
                await job.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            await answered.CancelAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        var all = Task.WhenAll(_running.Keys);
        await Task.WhenAny(all, Task.Delay(scripts.Options.Wait, Time));
        await _stop.CancelAsync();
        await all;
        _stop.Dispose();
        _turns.Dispose();
    }

    // The command is answered, and its scripts go on without it, if not too many do so already
    private bool TryLeave(Task job)
    {
        if (Interlocked.Increment(ref _background) > scripts.Options.MaxBackground)
        {
            Interlocked.Decrement(ref _background);
            return false;
        }

        _ = job.ContinueWith(_ => Interlocked.Decrement(ref _background), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return true;
    }

    // Never throws: nobody may be waiting
    private async Task RunAllAsync(EventSequences sequences, MessageEvents happened)
    {
        try
        {
            var succeeded = sequences.Target is { } target ? await RunAsync(target, happened) : UidSet.All;
            if (sequences.Source is not { } after || happened.Source is not { } source || source.Of(succeeded) is not { IsEmpty: false } originals)
                return;
            var (from, to) = (source.Mailbox, happened.Target);
            var atSource = new MessageEvents(happened.Cause, from, happened.User, [new EventGroup(originals, [])])
            {
                From = from.Entry.Name.Value,
                To = from.Account.Id == to.Account.Id ? to.Entry.Name.Value : to.Name.Value,
            };
            await RunAsync(after, atSource);
        }
        catch (Exception e)
        {
            scripts.Scripts.Instruments.Failed();
            Log.EventsFailed(scripts.Logger, happened.Target.Account.Id.Value, happened.Target.Id.Value, e);
        }
    }

    // Of copied messages that have originals, those on which the scripts have run without an error
    private async ValueTask<UidSet> RunAsync(ScriptSequence sequence, MessageEvents happened)
    {
        var run = new EventRun(scripts, happened, _turns, _stop.Token);
        await run.RunAsync(sequence);

        // Flags that a script changes are changed "as though a client had made the change" (section 3.8), and start scripts once (section 2.2.3)
        if (run.Changed is { Count: > 0 } changed && await FindAsync(SieveImapCause.Flag, happened.Target, null, _stop.Token) is { Target: { } then })
        {
            var flagged = new MessageEvents(SieveImapCause.Flag, happened.Target, happened.User, changed);
            await new EventRun(scripts, flagged, _turns, _stop.Token).RunAsync(then);
        }

        return run.Succeeded;
    }

    /// <summary>The scripts for what one command did.</summary>
    private sealed class EventRun(MailboxScripts scripts, MessageEvents happened, SemaphoreSlim turns, CancellationToken stop)
    {
        // A command may be about a million messages: what is kept of them are ranges
        private readonly Dictionary<string, (ImmutableArray<string> Flags, UidSet.Builder Uids)> _changed = [];
        private readonly UidSet.Builder _succeeded = new();

        /// <summary>The messages whose flags the scripts have changed, unless they ran because of flags.</summary>
        public List<EventGroup> Changed => [.. _changed.Values.Select(static one => new EventGroup(one.Uids.ToSet(), one.Flags))];

        /// <summary>Of copied messages that have originals, those on which the scripts have run without an error.</summary>
        public UidSet Succeeded => _succeeded.ToSet();

        public async ValueTask RunAsync(ScriptSequence sequence)
        {
            var target = happened.Target;
            if (await MailboxScripts.RecipientAsync(target.Account, stop) is not { } owner)
                return;
            var opened = await scripts.Replicas.OpenAsync(target.Id, stop);
            if (!opened.IsOk)
            {
                if (opened.Error.Code != MailErrorCode.NonExistent)
                    throw new ScriptsUnavailableException(opened.Error);
                return;
            }

            using var lease = opened.Value;
            foreach (var group in happened.Groups)
                await RunAsync(sequence, owner, lease.Replica, group);
        }

        private async ValueTask RunAsync(ScriptSequence sequence, DeliveryRecipient owner, MailboxReplica replica, EventGroup group)
        {
            var uids = new List<uint>(BatchSize);
            foreach (var uid in replica.Current!.Existing(group.Uids))
            {
                uids.Add(uid);
                if (uids.Count < BatchSize)
                    continue;
                await RunAsync(sequence, owner, replica, group, uids);
                uids.Clear();
            }

            await RunAsync(sequence, owner, replica, group, uids);
        }

        private async ValueTask RunAsync(ScriptSequence sequence, DeliveryRecipient owner, MailboxReplica replica, EventGroup group, List<uint> uids)
        {
            var index = replica.Current!;
            uids.RemoveAll(uid => index.PositionOf(uid) < 0);
            var ids = uids.ConvertAll(uid => index[index.PositionOf(uid)].Content).ToArray();
            var contents = await scripts.Messages.ReadAsync(ids, ContentParts.All, stop);
            for (var i = 0; i < ids.Length; i++)
            {
                if (contents[i] is not { } content)
                    continue;
                await turns.WaitAsync(stop);
                try
                {
                    await RunAsync(sequence, owner, replica, group, uids[i], content);
                }
                finally
                {
                    turns.Release();
                }
            }
        }

        private async ValueTask RunAsync(
            ScriptSequence sequence, DeliveryRecipient owner, MailboxReplica replica, EventGroup group, uint uid, MessageContent content)
        {
            using var limit = new CancellationTokenSource(scripts.Options.MessageTimeout, scripts.Scripts.Time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
            try
            {
                // "The Sieve script will see the message flags as they are AFTER the changes"
                var index = replica.Current!;
                if (index.PositionOf(uid) is not (>= 0 and var position))
                    return;
                var outcome = await RunAsync(sequence, owner, replica, group, index[position], index.Keywords, content, both.Token);
                if (happened.Source is not null && !outcome.Plan.HasFailed)
                    _succeeded.Add(uid);
                if (happened.Cause != SieveImapCause.Flag && !outcome.Changed.IsEmpty)
                {
                    await replica.CatchUpAsync(outcome.ModSeq, both.Token);
                    var key = string.Join(' ', outcome.Changed);
                    if (!_changed.TryGetValue(key, out var known))
                        _changed[key] = known = (outcome.Changed, new UidSet.Builder());
                    known.Uids.Add(uid);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
            {
                // One message's trouble is not that of the others
                await FailAsync(owner, uid, e, limit.IsCancellationRequested);
            }
        }

        private async ValueTask<StoredOutcome> RunAsync(
            ScriptSequence sequence, DeliveryRecipient owner, MailboxReplica replica, EventGroup group, MessageRow row, KeywordTable keywords, MessageContent content,
            CancellationToken cancellationToken)
        {
            var target = happened.Target;
            await using var message = await StoredMessage.OpenAsync(scripts.Messages, content, cancellationToken);
            var input = new ScriptInput(target.Account, owner, message, new SieveEnvelope { To = owner.PrimaryAddress }, scripts.EnvironmentOf(target.Entry.Name))
            {
                Time = scripts.Scripts.Time.GetUtcNow(),
                Event = new SieveImapEvent(happened.Cause, target.Entry.Name.Value)
                {
                    From = happened.From,
                    To = happened.To ?? target.Entry.Name.Value,
                    User = happened.User.PrimaryAddress,
                    Email = happened.User.PrimaryAddress,
                    ChangedFlags = group.ChangedFlags,
                    Flags = FlagNames.Of(row.Flags, keywords),
                },
            };
            var place = new StoredPlace(target.Account.Id, target.Id, replica.Mailbox, Rights.All, scripts.Options.ExpungeDiscarded);
            var run = new StoredRun(scripts.Scripts, scripts.Mailboxes, scripts.Messages, place);

            // "the MAIL FROM SHOULD be set to the address of the owner of the mailbox" (section 3.4)
            return await run.RunAsync(sequence, input, message, row, owner.PrimaryAddress, IdOf(row.Uid), cancellationToken);
        }

        private async ValueTask FailAsync(DeliveryRecipient owner, uint uid, Exception failure, bool isTimeout)
        {
            scripts.Scripts.Instruments.Failed();
            Log.EventFailed(scripts.Logger, IdOf(uid), owner.Account.Value, failure);
            var why = isTimeout ? $"they took longer than {scripts.Options.MessageTimeout.TotalSeconds:0} s"
                : failure is ScriptsUnavailableException { Error.Text: var text } ? text : "the message could not be read, or something else is not there now";
            var entry = new SieveLogEntry(
                scripts.Scripts.Time.GetUtcNow(), "", 0, "", $"The scripts for message {uid} of {happened.Target.Entry.Name} were not run to the end: {why}");
            await scripts.Scripts.ScriptLog.AddAsync(owner.Account, [entry], CancellationToken.None);
        }

        private string IdOf(uint uid) => $"{happened.Target.Id.Value}/{uid}";
    }
}
