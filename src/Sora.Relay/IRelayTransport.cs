using Sora.Contracts;

namespace Sora.Relay;

/// <summary>What became of one recipient, and what the next system has taken over.</summary>
internal sealed record Delivery(RelayTarget Target, RelayFate Fate, RelayReply Reply)
{
    /// <summary>The next system reports as the sender asked (RFC 3461): nothing is left to report here once it has the message.</summary>
    public bool PeerReports { get; init; }

    /// <summary>The next system keeps the time that the sender set (RFC 2852).</summary>
    public bool PeerDeliversBy { get; init; }

    /// <summary>What a report is to say in the place of the reply's status code (RFC 3463); null for that one.</summary>
    public string? Status { get; init; }

    /// <summary>It has reached its mailbox, not only the next system.</summary>
    public bool IsFinal { get; init; }
}

/// <summary>A way out.</summary>
internal interface IRelayTransport : IAsyncDisposable
{
    /// <summary>How long it is of no use to try anything; zero when something may be tried.</summary>
    TimeSpan Outage { get; }

    /// <summary>Sends a message to recipients. Each of them comes back once, also when it is cancelled.</summary>
    /// <param name="work">The message.</param>
    /// <param name="sender">The reverse-path to send with.</param>
    /// <param name="recipients">Some of the message's recipients.</param>
    /// <param name="cancellationToken">Gives up at once.</param>
    Task<List<Delivery>> SendAsync(RelayWork work, string sender, IReadOnlyList<RelayTarget> recipients, CancellationToken cancellationToken);
}
