using Sora.Sieve.Actions;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>copy (RFC 3894): an action that leaves the implicit keep as it is.</summary>
internal sealed class CopyExtension : SieveExtension
{
    public override string Capability => "copy";

    public override void Register(Vocabulary vocabulary) => vocabulary.Tag(new TagDefinition
    {
        Name = "copy",
        Calls = ["fileinto", "redirect"],
        Modifier = static _ => new SimpleModifier(static (_, arguments) => arguments.IsCopy = true),
    });
}
