namespace Sora.Histories.Load;

/// <summary>How clients load a server.</summary>
public sealed record LoadOptions
{
    public int Clients { get; init; } = 12;

    /// <summary>Accounts, among which the clients are divided; those of one account share its mailboxes.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    public string Password { get; init; } = "";

    /// <summary>Sessions that deliver, of each LMTP listener.</summary>
    public int DeliverersEach { get; init; } = 2;

    /// <summary>Longest pause of an IMAP client between commands.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Pause of a deliverer between messages.</summary>
    public TimeSpan DeliveryPause { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Longest wait for an answer; then the client goes to another node.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause after a connection that failed.</summary>
    public TimeSpan RetryAfter { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Clients take care that mailboxes have no more than about so many messages.</summary>
    public int KeepMessages { get; init; } = 60;

    /// <summary>Each client comes from an address of its own (127.1.0.0/16), for proxies that choose a node by it.</summary>
    public bool DistinctAddresses { get; init; }

    public int Seed { get; init; } = 1;

    internal System.Net.IPAddress? AddressOf(int client) => DistinctAddresses ? new System.Net.IPAddress([127, 1, (byte)(client / 250), (byte)((client % 250) + 1)]) : null;
}
