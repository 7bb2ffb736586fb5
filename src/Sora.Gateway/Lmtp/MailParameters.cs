namespace Sora.Gateway.Lmtp;

/// <summary>What a client asked for with MAIL besides size and body: it is for scripts to see.</summary>
/// <param name="Auth">AUTH (RFC 4954 section 5), its xtext decoded; empty for <c>&lt;&gt;</c>.</param>
/// <param name="Return">RET (RFC 3461 section 4.3): FULL or HDRS.</param>
/// <param name="EnvelopeId">ENVID (RFC 3461 section 4.4), its xtext decoded.</param>
/// <param name="DeliverBy">BY (RFC 2852 section 4).</param>
internal sealed record MailParameters(string? Auth, string? Return, string? EnvelopeId, DeliverBy? DeliverBy);

/// <summary>BY of MAIL (RFC 2852 section 4).</summary>
/// <param name="Time">When the message is to be delivered.</param>
/// <param name="Mode">N or R.</param>
/// <param name="IsTraced">The trace flag.</param>
internal sealed record DeliverBy(DateTimeOffset Time, char Mode, bool IsTraced);
