namespace Sora.Sieve;

/// <summary>The envelope of the message, as the transport gave it (RFC 5228 section 5.4, RFC 6009).</summary>
public sealed record SieveEnvelope
{
    /// <summary>MAIL FROM without angle brackets and source route; empty for the null reverse-path.</summary>
    public string From { get; init; } = "";

    /// <summary>RCPT TO of this recipient without angle brackets and source route.</summary>
    public string To { get; init; } = "";

    /// <summary>AUTH= of MAIL (RFC 4954), decoded, or null.</summary>
    public string? Auth { get; init; }

    /// <summary>NOTIFY= of RCPT (RFC 3461 section 4.1) as given, such as <c>FAILURE,DELAY</c>, or null.</summary>
    public string? Notify { get; init; }

    /// <summary>ORCPT= of RCPT (RFC 3461 section 4.2), its xtext decoded, such as <c>rfc822;user@example.com</c>, or null.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>RET= of MAIL (RFC 3461 section 4.3): FULL or HDRS, or null.</summary>
    public string? Ret { get; init; }

    /// <summary>ENVID= of MAIL (RFC 3461 section 4.4), decoded, or null.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>The time of BY= of MAIL (RFC 2852), or null.</summary>
    public DateTimeOffset? ByTime { get; init; }

    /// <summary>The mode of BY= of MAIL (RFC 2852): N or R, or null.</summary>
    public char? ByMode { get; init; }

    /// <summary>The trace flag of BY= of MAIL (RFC 2852).</summary>
    public bool ByTrace { get; init; }
}
