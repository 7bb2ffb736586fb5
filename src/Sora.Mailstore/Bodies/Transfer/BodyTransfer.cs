using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Transfer;

/// <summary>
/// Brings messages from the node that took them in to the node that commits them. Bodies in files and staged objects stay where they are. One that is to be staged with the commit
/// travels with the call when it is small; a larger one waits in the database, where both nodes reach it.
/// </summary>
/// <param name="maxInline">Largest body in bytes that travels with the call.</param>
public sealed class BodyTransfer(Database database, long maxInline, ILogger<BodyTransfer> logger)
{
    private readonly ArrivingBodyStore _store = new(database.Write);

    /// <summary>Puts down what is too large for the call. <see cref="Departure.ReleaseAsync"/> when the call is over.</summary>
    public async ValueTask<MailResult<Departure>> DepartAsync(IReadOnlyList<AppendMessage> messages, CancellationToken cancellationToken)
    {
        if (!messages.Any(IsLarge))
            return new Departure(this, messages, []);
        var ids = new List<long>();
        var departing = new AppendMessage[messages.Count];
        var known = new Dictionary<StagedMessage, ArrivedMessage>(ReferenceEqualityComparer.Instance);
        try
        {
            for (var i = 0; i < departing.Length; i++)
            {
                departing[i] = messages[i];
                if (!IsLarge(messages[i]))
                    continue;
                var staged = (StagedMessage)messages[i].Content;
                if (!known.TryGetValue(staged, out var arriving))
                {
                    ids.Add(await _store.AddAsync(staged.Body!.Value, cancellationToken));
                    known.Add(staged, arriving = new ArrivedMessage(staged, null, ids[^1]));
                }

                departing[i] = messages[i] with { Content = arriving };
            }

            return new Departure(this, departing, [.. ids]);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.TransferFailed(logger, e.Message);
            await ReleaseAsync([.. ids]);
            return MailError.Unavailable();
        }
    }

    /// <summary>The messages with their bodies, ready to be committed.</summary>
    public async ValueTask<MailResult<AppendMessage[]>> ArriveAsync(IReadOnlyList<AppendMessage> messages, CancellationToken cancellationToken)
    {
        if (!messages.Any(static message => message.Content is ArrivedMessage { Arriving: not null }))
            return messages as AppendMessage[] ?? [.. messages];
        var arrived = new AppendMessage[messages.Count];
        try
        {
            for (var i = 0; i < arrived.Length; i++)
            {
                arrived[i] = messages[i];
                if (messages[i].Content is not ArrivedMessage { Arriving: { } id } content)
                    continue;
                if (await _store.ReadAsync(id, cancellationToken) is not { } body)
                    return MailError.Unavailable();
                arrived[i] = messages[i] with { Content = new ArrivedMessage(content, body, null) };
            }

            return arrived;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.TransferFailed(logger, e.Message);
            return MailError.Unavailable();
        }
    }

    internal async ValueTask ReleaseAsync(long[] ids)
    {
        if (ids.Length == 0)
            return;
        try
        {
            await _store.DeleteAsync(ids, CancellationToken.None);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.TransferFailed(logger, e.Message); // maintenance will
        }
    }

    private bool IsLarge(AppendMessage message) => ((StagedMessage)message.Content).Body is { } body && body.Length > maxInline;
}

/// <summary>Messages that are ready to travel.</summary>
public sealed class Departure(BodyTransfer owner, IReadOnlyList<AppendMessage> messages, long[] ids)
{
    public IReadOnlyList<AppendMessage> Messages => messages;

    /// <summary>Whether any of them waits in the database.</summary>
    public bool IsLarge => ids.Length > 0;

    /// <summary>The call is over: nothing will ask for the bodies any more.</summary>
    public ValueTask ReleaseAsync() => owner.ReleaseAsync(ids);
}
