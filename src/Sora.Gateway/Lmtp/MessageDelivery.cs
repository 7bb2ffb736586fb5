using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

/// <summary>
/// The end of a transaction, common to DATA and BDAT LAST: stage, look for loops, deliver, one reply per recipient (RFC 2033 section
/// 4.2).
/// </summary>
internal static class MessageDelivery
{
    /// <summary>
    /// Delivers and writes as many replies as there are recipients, in their order, then ends the transaction. A positive reply is only
    /// written for an outcome that says that the copy is durable. False when nobody got the message.
    /// </summary>
    public static async ValueTask<bool> FinishAsync(LmtpSession session, LmtpTransaction transaction, IncomingMessage incoming)
    {
        var server = session.Server;
        var id = TransactionId.Next();
        var replies = new LmtpReply?[transaction.Recipients.Count];
        using var timeout = new CancellationTokenSource(server.Options.DeliveryTimeout, server.Time);
        var message = await incoming.CompleteAsync(timeout.Token);
        if (message is null)
        {
            Array.Fill(replies, incoming.Failure);
        }
        else
        {
            await using (message)
                await DeliverAsync(session, transaction, message, id, replies, timeout.Token);
            server.Arrivals.Record(incoming.Length);
        }

        Write(session, transaction, id, incoming.Length, replies);
        await session.ResetAsync();
        await incoming.DisposeAsync();

        // Outcomes are not held back for the sake of a batch: what is acknowledged is not sent again
        if (!await session.Connection.FlushAsync())
            session.HasEnded = true;
        return Array.Exists(replies, static reply => reply is null or { IsPositive: true });
    }

    private static async ValueTask DeliverAsync(
        LmtpSession session,
        LmtpTransaction transaction,
        IngestedMessage message,
        string id,
        LmtpReply?[] replies,
        CancellationToken cancellationToken)
    {
        var server = session.Server;
        var recipients = WithoutLoops(transaction.Recipients, message, server.Options.MaxReceived, replies);
        IReadOnlyList<DeliveryOutcome> outcomes;
        try
        {
            var received = ReceivedField.Make(session, transaction, id);
            if (server.Returns is { } returns)
                recipients = await returns.TakeAsync(recipients, message, received, replies, cancellationToken);
            if (recipients.Count == 0)
                return;
            outcomes = await server.Delivery.DeliverAsync(
                new DeliveryRequest(message, transaction.ReversePath, received, recipients), cancellationToken);
        }
        catch (Exception e)
        {
            Log.DeliveryFailed(server.Logger, id, e);
            outcomes = [];
        }

        var next = 0;
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i] is not null)
                continue;
            var outcome = next < outcomes.Count ? outcomes[next] : null;
            next++;
            if (outcome is { IsDelivered: true })
                server.Outcomes.Delivered(outcome);
            else
                replies[i] = outcome?.Error is { } error ? LmtpReplies.ForDelivery(error, server.Options.QuotaFullTempfail) : LmtpReply.Failure;
        }
    }

    private static List<DeliveryRecipient> WithoutLoops(
        List<DeliveryRecipient> all, IngestedMessage message, int maxReceived, LmtpReply?[] replies)
    {
        var loops = new LoopDetector(message.Header.Span, maxReceived);
        List<DeliveryRecipient>? kept = null;
        for (var i = 0; i < all.Count; i++)
        {
            if (loops.IsLoop(all[i]))
            {
                kept ??= all[..i];
                replies[i] = LmtpReply.Loop;
            }
            else
            {
                kept?.Add(all[i]);
            }
        }

        return kept ?? all;
    }

    private static void Write(LmtpSession session, LmtpTransaction transaction, string id, long size, LmtpReply?[] replies)
    {
        Span<byte> idBytes = stackalloc byte[id.Length];
        System.Text.Encoding.ASCII.GetBytes(id, idBytes);
        for (var i = 0; i < replies.Length; i++)
        {
            var recipient = transaction.Recipients[i].ForwardPath;
            if (replies[i] is not { } reply)
            {
                session.Connection.Output.WriteSaved(recipient, idBytes);
                Log.Saved(session.Server.Logger, id, size, transaction.ReversePath, recipient);
                continue;
            }

            session.Connection.Output.WriteReply(reply);
            if (reply.IsPositive)
                continue;
            session.Server.Outcomes.Failed(reply);
            Log.NotTaken(session.Server.Logger, id, size, transaction.ReversePath, recipient, reply.Code);
        }
    }
}
