using System.Globalization;
using Sora.Histories.Nodes;
using Sora.Histories.Wire;

namespace Sora.Histories.Load;

/// <summary>How long a client in IDLE on one node waits for what is delivered through another one.</summary>
/// <param name="SinceSent">From just before the delivery was sent to the EXISTS.</param>
/// <param name="SinceAcknowledged">From the 250 to the EXISTS; negative when the client heard first.</param>
public sealed record IdleTimes(IReadOnlyList<TimeSpan> SinceSent, IReadOnlyList<TimeSpan> SinceAcknowledged)
{
    /// <summary>The value that this share (0..1) of them does not exceed.</summary>
    public static TimeSpan Percentile(IReadOnlyList<TimeSpan> times, double share) =>
        times.Order().ElementAt(Math.Clamp((int)Math.Ceiling(share * times.Count) - 1, 0, times.Count - 1));
}

/// <summary>Measures <see cref="IdleTimes"/>, one delivery after the other.</summary>
public static class IdleProbe
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <exception cref="TimeoutException">The client was not told.</exception>
    public static async Task<IdleTimes> MeasureAsync(Topology topology, string password, int rounds)
    {
        var history = new History();
        const string user = Topology.Probe;
        using var client = await ImapClient.LogInAsync(history, "idle", topology.Reached[0].Imap, user, password, Patience);
        using var sender = await LmtpClient.ConnectAsync(history, "lmtp", topology.Reached[^1].Lmtp, Patience);
        await client.RunAsync(MailClient.SelectOf(client.Name, user, "INBOX"));
        List<TimeSpan> sinceSent = [];
        List<TimeSpan> sinceAcknowledged = [];
        for (var round = 0; round < rounds; round++)
        {
            var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var told = -1L;
            var idle = client.IdleAsync(
                new Operation { Connection = client.Name, Kind = OperationKind.Idle, Mailbox = client.Selected!, Command = "IDLE" }, Patience,
                response =>
                {
                    told = response.Kind == ViewEventKind.Exists ? response.Time : told;
                    return told >= 0;
                },
                begun.SetResult);
            await begun.Task.WaitAsync(Patience);

            // Off the beat of any timer
            await Task.Delay(Random.Shared.Next(1, 20));
            var identity = string.Create(CultureInfo.InvariantCulture, $"idle-{round}-{Guid.NewGuid():N}");
            var sent = history.Now;
            if ((await sender.DeliverAsync(identity, [user], HistoryMail.Make(identity, 1000))).Count != 1)
                throw new InvalidOperationException("A delivery was refused");
            var acknowledged = history.Now;
            await idle;
            if (told < 0)
                throw new TimeoutException("A client in IDLE was not told of a delivery");
            sinceSent.Add(History.Time(told - sent));
            sinceAcknowledged.Add(History.Time(told - acknowledged));
        }

        return new IdleTimes(sinceSent, sinceAcknowledged);
    }
}
