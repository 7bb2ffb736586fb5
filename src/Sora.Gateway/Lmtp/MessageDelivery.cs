using Sora.Contracts;
using Sora.Gateway.Sieve;

namespace Sora.Gateway.Lmtp;

/// <summary>
/// The end of a transaction, common to DATA and BDAT LAST: stage, look for loops, run scripts, deliver, one reply per recipient (RFC 2033 section
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
        if (transaction.Parameters?.DeliverBy is { Mode: 'R' } by && server.Time.GetUtcNow() > by.Time)
        {
            // RFC 2852 section 4.1.3: what is late comes back
            Array.Fill(replies, LmtpReply.TooLate);
            return;
        }

        var recipients = WithoutLoops(transaction.Recipients, message, server.Options.MaxReceived, replies);
        IReadOnlyList<DeliveryOutcome> outcomes;
        ScriptedDelivery? scripted = null;
        try
        {
            var received = ReceivedField.Make(session, transaction, id);
            if (server.Returns is { } returns)
                recipients = await returns.TakeAsync(recipients, message, received, replies, cancellationToken);
            if (recipients.Count == 0)
                return;
            if (server.Scripts is { } scripts)
                scripted = await scripts.PrepareAsync(session, transaction, message, id, received, recipients, cancellationToken);
            var request = new DeliveryRequest(message, transaction.ReversePath, received, recipients);
            outcomes = scripted is null
                ? await server.Delivery.DeliverAsync(request, cancellationToken)
                : await scripted.DeliverAsync(server.Delivery, request, cancellationToken);
        }
        catch (Exception e)
        {
            Log.DeliveryFailed(server.Logger, id, e);
            outcomes = [];
        }
        finally
        {
            if (scripted is not null)
                await scripted.DisposeAsync();
        }

        var next = 0;
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i] is not null)
                continue;
            var outcome = next < outcomes.Count ? outcomes[next] : null;
            var refusal = scripted?.RefusalOf(next);
            next++;
            if (outcome is { IsDelivered: true } && refusal is not null)
                replies[i] = LmtpReply.Refusal(refusal, server.Scripts!.Options.MaxRejectLines, transaction.SmtpUtf8);
            else if (outcome is { IsDelivered: true })
                await DeliveredAsync(session, transaction, message, id, recipients[next - 1], outcome,
                    scripted is null ? DeliveryAction.Delivered : scripted.ReportOf(next - 1), cancellationToken);
            else
                replies[i] = outcome?.Error is { } error ? LmtpReplies.ForDelivery(error, server.Options.QuotaFullTempfail) : LmtpReply.Failure;
        }
    }

    private static async ValueTask DeliveredAsync(
        LmtpSession session,
        LmtpTransaction transaction,
        IngestedMessage message,
        string id,
        DeliveryRecipient recipient,
        DeliveryOutcome outcome,
        DeliveryAction? action,
        CancellationToken cancellationToken)
    {
        var server = session.Server;
        server.Outcomes.Delivered(outcome);
        if (server.Reports is not { } reports || (recipient.Parameters is null && transaction.Parameters?.DeliverBy is null))
            return;
        try
        {
            // One that had come too late already when it came here was reported by the host before
            if (transaction.Parameters?.DeliverBy is { Mode: 'N' } by && by.Time > transaction.Began && server.Time.GetUtcNow() > by.Time)
                await reports.SendAsync(server, transaction, message, recipient, DeliveryAction.Delayed, cancellationToken);
            if (action is { } known)
                await reports.SendAsync(server, transaction, message, recipient, known, cancellationToken);
        }
        catch (Exception e)
        {
            // The message is delivered, whatever becomes of the report
            Log.ReportFailed(server.Logger, id, transaction.ReversePath, e);
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
