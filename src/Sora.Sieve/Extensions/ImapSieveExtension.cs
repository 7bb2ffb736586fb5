using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>
/// imapsieve (RFC 6785): brings <c>environment</c>, whose items (<c>imap.cause</c>, <c>imap.mailbox</c>, <c>imap.changedflags</c> and others) the host gives.
/// </summary>
internal sealed class ImapSieveExtension : SieveExtension
{
    public override string Capability => "imapsieve";

    public override string[] Implies => ["environment"];

    public override void Register(Vocabulary vocabulary)
    {
        // Scripts bound to mailboxes are scripts like others; the host gives the items
    }
}
