using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>
/// vnd.dovecot.imapsieve: scripts on events may ask <c>environment</c> for the mailboxes that a message was copied from and to, as <c>vnd.dovecot.mailbox-from</c> and
/// <c>vnd.dovecot.mailbox-to</c>. They need not require <c>imapsieve</c> besides.
/// </summary>
internal sealed class DovecotImapSieveExtension : SieveExtension
{
    public const string Name = "vnd.dovecot.imapsieve";

    public override string Capability => Name;

    public override string[] Implies => ["imapsieve"];

    public override void Register(Vocabulary vocabulary)
    {
        // The items are those of the run
    }
}
