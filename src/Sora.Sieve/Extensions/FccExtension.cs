using Sora.Contracts;
using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>fcc (RFC 8580): a copy of what vacation and notify send, filed as fileinto would.</summary>
internal sealed class FccExtension : SieveExtension
{
    private static readonly string[] Calls = ["vacation", "notify"];

    public override string Capability => "fcc";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Tag(new TagDefinition { Name = "fcc", Calls = Calls, Kind = ArgumentKind.String, Modifier = Mailbox });
        vocabulary.Tag(new TagDefinition
        {
            Name = "create",
            Calls = Calls,
            Also = "mailbox",
            Modifier = static tag => WithFcc(tag, new SimpleModifier(static (_, arguments) => arguments.Create = true)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "flags",
            Calls = Calls,
            Kind = ArgumentKind.StringList,
            Also = "imap4flags",
            Modifier = static tag => WithFcc(tag, Imap4FlagsExtension.FlagsModifier(tag)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "specialuse",
            Calls = Calls,
            Kind = ArgumentKind.String,
            Also = "special-use",
            Group = SpecialUseExtension.MailboxGroup,
            Modifier = static tag => WithFcc(tag, SpecialUseExtension.Modifier(tag)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "mailboxid",
            Calls = Calls,
            Kind = ArgumentKind.String,
            Also = "mailboxid",
            Group = SpecialUseExtension.MailboxGroup,
            Modifier = static tag => WithFcc(tag, MailboxIdExtension.Modifier(tag)),
        });
    }

    private static SimpleModifier Mailbox(TagBinding tag)
    {
        var mailbox = tag.String!;
        return new SimpleModifier((run, arguments) =>
        {
            var name = mailbox.Get(run);
            if (!MailboxName.Parse(name).IsOk)
                throw new SieveRuntimeException($":fcc: {SieveText.Show(name)} cannot be a mailbox");
            arguments.FccMailbox = name;
        });
    }

    private static SimpleModifier? WithFcc(TagBinding tag, SimpleModifier? modifier)
    {
        if (!tag.Call.Has("fcc"))
            tag.Call.Context.Error(tag.Position, $"':{tag.Definition.Name}' only stands with ':fcc' here");
        return modifier;
    }
}
