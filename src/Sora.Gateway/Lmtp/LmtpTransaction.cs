using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

/// <summary>BODY of MAIL (RFC 6152, RFC 3030).</summary>
internal enum LmtpBody : byte
{
    SevenBit,
    EightBitMime,
    BinaryMime,
}

/// <summary>What MAIL began: sender, recipients and, while BDAT goes on, the body so far.</summary>
internal sealed class LmtpTransaction(string reversePath, long declaredSize, LmtpBody body, bool smtpUtf8) : IAsyncDisposable
{
    /// <summary>Without angle brackets; empty for the null reverse-path.</summary>
    public string ReversePath => reversePath;

    /// <summary>SIZE= in bytes, or 0.</summary>
    public long DeclaredSize => declaredSize;

    public LmtpBody Body => body;

    public bool SmtpUtf8 => smtpUtf8;

    /// <summary>Other parameters of MAIL; null when there were none.</summary>
    public MailParameters? Parameters { get; init; }

    /// <summary>When MAIL began it.</summary>
    public required DateTimeOffset Began { get; init; }

    /// <summary>Recipients that RCPT accepted, in order.</summary>
    public List<DeliveryRecipient> Recipients { get; } = [];

    /// <summary>The chunks so far; null before the first BDAT.</summary>
    public IncomingMessage? Chunks { get; set; }

    public ValueTask DisposeAsync() => Chunks?.DisposeAsync() ?? ValueTask.CompletedTask;
}
