using Sora.Contracts;
using Sora.Sieve.Commands;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>fileinto (RFC 5228 section 4.1).</summary>
internal sealed class FileIntoExtension : SieveExtension
{
    public override string Capability => "fileinto";

    public override void Register(Vocabulary vocabulary) => vocabulary.Command(new CallDefinition
    {
        Name = "fileinto",
        Arguments = [("mailbox", ArgumentKind.String)],
        Build = Build,
    });

    // No error: with :mailboxid or :specialuse the name may never be used, and what names a mailbox can have is the store's to say
    private static FileIntoCommand Build(CallBinding call)
    {
        var mailbox = call.String(0);
        if (mailbox.Constant is { } name && (name.Length > 0 || call.Text(0).Length == 0) && MailboxName.Parse(name) is { IsOk: false } parsed)
            call.Context.Warning(call.ArgumentPosition(0), $"{SieveText.Show(name)} cannot be a mailbox: {parsed.Error!.Text}");
        return new FileIntoCommand(call.Position, mailbox, call.Modifiers());
    }
}
