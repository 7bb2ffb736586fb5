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
        Build = static call => new FileIntoCommand(call.Position, call.String(0), call.Modifiers()),
    });
}
