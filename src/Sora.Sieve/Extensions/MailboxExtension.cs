using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>mailbox (RFC 5490 section 3): <c>mailboxexists</c> and <c>:create</c>.</summary>
internal sealed class MailboxExtension : SieveExtension
{
    public override string Capability => "mailbox";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "mailboxexists",
            IsTest = true,
            Arguments = [("mailbox names", ArgumentKind.StringList)],
            Build = static call => new MailboxExistsTest(call.Position, call.Strings(0)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "create",
            Calls = ["fileinto"],
            Modifier = static _ => new SimpleModifier(static (_, arguments) => arguments.Create = true),
        });
    }

    private sealed class MailboxExistsTest(SourcePosition position, SieveStrings mailboxes) : TestNode(position)
    {
        public override string Name => "mailboxexists";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            foreach (var mailbox in mailboxes.Get(run))
            {
                run.Spend(0, 1);
                if (!await run.Host.MailboxExistsAsync(mailbox, run.CancellationToken))
                    return false;
            }

            return true;
        }
    }
}
