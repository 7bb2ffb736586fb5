namespace Sora.Mailstore.Relay;

/// <summary>What the queue takes.</summary>
/// <param name="IsConfigured">There is somebody to send through.</param>
/// <param name="MaxMessage">Largest message in bytes.</param>
/// <param name="MaxRecipients">Most recipients of one message.</param>
/// <param name="MaxQueue">Most recipients that wait, all accounts together.</param>
/// <param name="MaxPerHour">Most messages of one account in an hour.</param>
/// <param name="MaxPerDay">Most messages of one account in a day.</param>
/// <param name="MaxReceived">Received fields at which a redirected message is taken to be in a loop.</param>
/// <param name="Expiry">How long a message is tried.</param>
public sealed record RelayLimits(
    bool IsConfigured, long MaxMessage, int MaxRecipients, int MaxQueue, int MaxPerHour, int MaxPerDay, int MaxReceived, TimeSpan Expiry);
