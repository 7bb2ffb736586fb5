using Sora.Contracts;
using Sora.Gateway.Lmtp;

namespace Sora.Gateway.Sieve;

/// <summary>A message that has arrived, with what scripts may know of how.</summary>
/// <param name="Message">The staged message.</param>
/// <param name="ReversePath">MAIL FROM without angle brackets.</param>
/// <param name="Parameters">Parameters of MAIL, or null.</param>
/// <param name="Received">The Received field of this host.</param>
/// <param name="TransactionId">Names the transaction.</param>
/// <param name="SmtpUtf8">Replies may have other characters than ASCII (RFC 6531 section 3.7.4.2).</param>
internal sealed record Arrival(
    IngestedMessage Message,
    string ReversePath,
    MailParameters? Parameters,
    ReadOnlyMemory<byte> Received,
    string TransactionId,
    bool SmtpUtf8,
    ScriptEnvironment Environment);
