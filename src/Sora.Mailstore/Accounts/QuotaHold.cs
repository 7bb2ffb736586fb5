using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// Room that is held for messages while they are being committed; disposing it gives the room back, because by then the usage counts them. The
/// default value is that of an account without limits.
/// </summary>
internal readonly struct QuotaHold : IDisposable
{
    private readonly AccountUsage? _usage;
    private readonly long _bytes;
    private readonly int _messages;

    public QuotaHold(AccountUsage usage, long bytes, int messages)
    {
        _usage = usage;
        _bytes = bytes;
        _messages = messages;
    }

    public QuotaHold(MailError refusal) => Refusal = refusal;

    /// <summary>Why there is no room; null when there is.</summary>
    public MailError? Refusal { get; }

    public void Dispose() => _usage?.Release(_bytes, _messages);
}
