using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Relay.Reports;

namespace Sora.Relay;

/// <summary>Sends one message to some of its recipients and writes down what became of each, together with the report to the message's sender.</summary>
internal sealed class RelaySender(
    IRelayQueue queue,
    IRelayTransport transport,
    LocalReports local,
    ReportWriter reports,
    SenderRewriting? rewriting,
    RelayOptions options,
    RelayMetrics metrics,
    TimeProvider time,
    ILogger logger)
{
    private static readonly TimeSpan SettleRetry = TimeSpan.FromMilliseconds(250);

    public async Task SendAsync(RelayWork work, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var lost = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var done = new CancellationTokenSource();
        var renewing = RenewAsync(work, lost, done.Token);
        List<Delivery> deliveries;
        try
        {
            deliveries = await DeliverAsync(work, lost.Token);
        }
        finally
        {
            await done.CancelAsync();
            await renewing;
        }

        metrics.Attempt(time.GetElapsedTime(started));
        await SettleAsync(work, deliveries, isCutOff: cancellationToken.IsCancellationRequested);
    }

    private async Task<List<Delivery>> DeliverAsync(RelayWork work, CancellationToken cancellationToken)
    {
        var deliveries = new List<Delivery>(work.Recipients.Count);
        var toSend = new List<RelayTarget>(work.Recipients.Count);
        foreach (var target in work.Recipients)
        {
            if (target.IsExpired)
                deliveries.Add(Expired(work, target));
            else if (work.Kind == RelayKind.Report && await TryLocalAsync(work, target, cancellationToken) is { } delivery)
                deliveries.Add(delivery);
            else
                toSend.Add(target);
        }

        // A redirect leaves as this site's own; the queue keeps the sender to whom reports go
        var sender = work.Kind == RelayKind.Redirect && rewriting is not null ? rewriting.Encode(work.Sender) : work.Sender;
        if (toSend.Count > 0)
            deliveries.AddRange(await transport.SendAsync(work, sender, toSend, cancellationToken));
        return deliveries;
    }

    // RFC 3463 section 3.5: X.4.7, delivery time expired; what the last attempt came to says more than that
    private static Delivery Expired(RelayWork work, RelayTarget target)
    {
        var status = work.DeliverBy is { IsReturn: true } ? "5.4.7" : "4.4.7";
        return new Delivery(target, RelayFate.Failed, target.LastReply ?? new RelayReply(0, status, "The time for its delivery is over")) { Status = status };
    }

    private async Task<Delivery?> TryLocalAsync(RelayWork work, RelayTarget target, CancellationToken cancellationToken)
    {
        try
        {
            return await local.FindAsync(target.Recipient.Address, cancellationToken) is { } recipient
                ? await local.DeliverAsync(work, target, recipient, cancellationToken)
                : null;
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException)
                Log.SendFailed(logger, work.Message, e);
            return new Delivery(target, RelayFate.Deferred, new RelayReply(0, "4.3.0", "It could not be delivered here"));
        }
    }

    private async Task SettleAsync(RelayWork work, List<Delivery> deliveries, bool isCutOff)
    {
        try
        {
            while (!await TrySettleAsync(work, deliveries, isCutOff))
            {
                // Somebody took recipients out, or took them over: what became of the others is still to be written down
                var held = await InTimeAsync(() => queue.HeldAsync(work, CancellationToken.None));
                var left = deliveries.FindAll(delivery => held.Contains(delivery.Target.Number));
                if (left.Count == 0 || left.Count == deliveries.Count)
                {
                    Log.LeaseLost(logger, work.Message);
                    return;
                }

                deliveries = left;
            }
        }
        catch (MessageGoneException)
        {
            Log.LeaseLost(logger, work.Message);
        }
        catch (Exception e) when (IsOutage(e))
        {
            Log.SettleFailed(logger, work.Message, e);
        }
    }

    private async Task<bool> TrySettleAsync(RelayWork work, List<Delivery> deliveries, bool isCutOff)
    {
        var now = time.GetUtcNow();
        var reported = deliveries.Select(delivery => ReportedRecipient.Of(work, delivery, options.Reports.DelayAfter, now)).OfType<ReportedRecipient>().ToList();
        var outcomes = deliveries.ConvertAll(delivery => new RelayOutcome(delivery.Target.Number, delivery.Fate, delivery.Reply)
        {
            // What this node had to leave off another one may take up at once
            Pause = delivery.Fate != RelayFate.Deferred || isCutOff ? TimeSpan.Zero : Backoff.Pause(options.Retry, options.RetryMax, delivery.Target.Attempts),
            DelayReported = reported.Exists(recipient => recipient.Action == ReportAction.Delayed && recipient.Target == delivery.Target),
        });

        // From here on nothing is cancelled: what was sent and not written down would be sent again. It ends with the lease
        var report = await InTimeAsync(() => ReportAsync(work, deliveries, reported));
        if (!await InTimeAsync(() => queue.SettleAsync(work, outcomes, report, CancellationToken.None)))
            return false;
        if (report is not null)
            metrics.Reported();
        foreach (var (delivery, outcome) in deliveries.Zip(outcomes))
            Report(work, delivery, outcome.Pause);
        return true;
    }

    /// <summary>The report about recipients, or null. What nobody is to hear of by the rules, the postmaster may: a report that cannot be delivered (RFC 5321 section 6.1).</summary>
    private async Task<RelayRequest?> ReportAsync(RelayWork work, List<Delivery> deliveries, List<ReportedRecipient> reported)
    {
        if (reported.Count > 0)
            return await reports.WriteAsync(work, reported, work.Sender, CancellationToken.None);
        if (work is not { Kind: RelayKind.Report, Sender: "" })
            return null;
        var lost = deliveries.FindAll(static delivery => delivery.Fate == RelayFate.Failed);
        if (lost.Count == 0)
            return null;
        if (options.Reports.Postmaster is not { } postmaster
            || lost.Exists(delivery => delivery.Target.Recipient.Address.Equals(postmaster, StringComparison.OrdinalIgnoreCase)))
        {
            metrics.ReportLost();
            return null;
        }

        return await reports.WriteAsync(
            work, lost.ConvertAll(static delivery => new ReportedRecipient(delivery.Target, ReportAction.Failed, delivery.Status ?? delivery.Reply.Status, delivery.Reply)),
            postmaster, CancellationToken.None);
    }

    // The database may be gone for a while; after the lease somebody else has the message
    private async Task<T> InTimeAsync<T>(Func<Task<T>> attempt)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await attempt();
            }
            catch (Exception e) when (IsOutage(e) && time.GetElapsedTime(started) <= options.Lease)
            {
                await Task.Delay(SettleRetry, time);
            }
        }
    }

    private static bool IsOutage(Exception e) => e is System.Data.Common.DbException or IOException or TimeoutException or System.Net.Sockets.SocketException;

    private void Report(RelayWork work, Delivery delivery, TimeSpan pause)
    {
        metrics.Settled(delivery.Fate);
        var (recipient, host, reply) = (delivery.Target.Recipient.Address, delivery.Reply.Host, delivery.Reply.ToString());
        switch (delivery.Fate)
        {
            case RelayFate.Sent:
                Log.Sent(logger, work.Message, work.Account.Value, recipient, host, reply);
                break;
            case RelayFate.Deferred:
                Log.Deferred(logger, work.Message, work.Account.Value, recipient, pause, delivery.Target.Attempts, host, reply);
                break;
            default:
                Log.Failed(logger, work.Message, work.Account.Value, recipient, delivery.Target.Attempts, host, reply);
                break;
        }
    }

    /// <summary>Keeps the lease while the message is being sent. When it is lost, somebody else sends the message, and this one stops.</summary>
    private async Task RenewAsync(RelayWork work, CancellationTokenSource lost, CancellationToken done)
    {
        using var timer = new PeriodicTimer(options.Lease / 3, time);
        try
        {
            while (await timer.WaitForNextTickAsync(done))
            {
                try
                {
                    if (!await queue.RenewAsync(work, options.Lease, done))
                    {
                        await lost.CancelAsync();
                        return;
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // There are two more ticks before it ends
                    Log.QueueFailed(logger, options.Lease / 3, e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It is sent
        }
    }
}
