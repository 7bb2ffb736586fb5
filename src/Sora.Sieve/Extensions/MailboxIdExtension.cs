using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>mailboxid (RFC 9042).</summary>
internal sealed class MailboxIdExtension : SieveExtension
{
    public override string Capability => "mailboxid";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "mailboxidexists",
            IsTest = true,
            Arguments = [("mailbox ids", ArgumentKind.StringList)],
            Build = static call => new MailboxIdExistsTest(call.Position, call.Strings(0)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "mailboxid",
            Calls = ["fileinto"],
            Kind = ArgumentKind.String,
            Group = SpecialUseExtension.MailboxGroup,
            Modifier = Modifier,
        });
    }

    /// <summary>Sets the mailbox id of an action to that of a tag.</summary>
    public static SimpleModifier Modifier(TagBinding tag)
    {
        var id = tag.String!;
        return new SimpleModifier((run, arguments) => arguments.MailboxId = id.Get(run));
    }

    private sealed class MailboxIdExistsTest(SourcePosition position, SieveStrings ids) : TestNode(position)
    {
        public override string Name => "mailboxidexists";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            foreach (var id in ids.Get(run))
            {
                run.Spend(0, 1);
                if (!await run.Host.MailboxIdExistsAsync(id, run.CancellationToken))
                    return false;
            }

            return true;
        }
    }
}
