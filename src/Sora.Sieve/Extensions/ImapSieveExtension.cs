using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>
/// imapsieve (RFC 6785): scripts that run for events in IMAP. What is different then: <see cref="Runtime.ImapEventRun"/>. "Scripts that directly use Environment MUST also
/// include its capability string" (section 2.1).
/// </summary>
internal sealed class ImapSieveExtension : SieveExtension
{
    public override string Capability => "imapsieve";

    public override void Register(Vocabulary vocabulary)
    {
        // It brings no words of its own
    }
}
