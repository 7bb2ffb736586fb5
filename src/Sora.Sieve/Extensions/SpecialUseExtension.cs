using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>special-use (RFC 8579).</summary>
internal sealed class SpecialUseExtension : SieveExtension
{
    /// <summary><c>:specialuse</c> and <c>:mailboxid</c> exclude each other (RFC 9042 section 4).</summary>
    public const string MailboxGroup = "mailbox";

    public override string Capability => "special-use";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "specialuse_exists",
            IsTest = true,
            Arguments = [("mailbox name", ArgumentKind.String), ("special uses", ArgumentKind.StringList)],
            IsFirstOptional = true,
            Build = static call => new SpecialUseExistsTest(call.Position, call.IsFirstLeftOut ? null : call.String(0), call.Strings(1)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "specialuse",
            Calls = ["fileinto"],
            Kind = ArgumentKind.String,
            Group = MailboxGroup,
            Modifier = Modifier,
        });
    }

    /// <summary>Sets the special use of an action to that of a tag.</summary>
    public static SimpleModifier? Modifier(TagBinding tag)
    {
        var use = tag.String!;
        if (use.Constant is { } constant && !IsAttribute(constant))
        {
            tag.Error($"{SieveText.Show(constant)} is no special use such as \"\\\\Junk\"");
            return null;
        }

        return new SimpleModifier((run, arguments) =>
        {
            var text = use.Get(run);
            arguments.SpecialUse = IsAttribute(text) ? text : throw new SieveRuntimeException($"{SieveText.Show(text)} is no special use such as \"\\\\Junk\"");
        });
    }

    // use-attr = "\" atom (RFC 6154 section 6)
    private static bool IsAttribute(string text) => text.StartsWith('\\') && FlagList.IsAtom(text.AsSpan(1));

    private sealed class SpecialUseExistsTest(SourcePosition position, SieveString? mailbox, SieveStrings uses) : TestNode(position)
    {
        public override string Name => "specialuse_exists";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var name = mailbox?.Get(run);
            foreach (var use in uses.Get(run))
            {
                run.Spend(0, 1);
                if (!await run.Host.SpecialUseExistsAsync(name, use, run.CancellationToken))
                    return false;
            }

            return true;
        }
    }
}
