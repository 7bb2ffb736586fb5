using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>
/// vnd.dovecot.environment: items of <c>environment</c> as variables of the namespace <c>env</c>, with <c>_</c> where the item's name has <c>-</c>. The items are the host's.
/// </summary>
internal sealed class DovecotEnvironmentExtension : SieveExtension
{
    public override string Capability => "vnd.dovecot.environment";

    public override string[] Implies => ["environment"];

    public override void Register(Vocabulary vocabulary) => vocabulary.Namespace(new NamespaceDefinition(
        "env",
        static (_, name) =>
        {
            var item = name.Replace('_', '-');
            return run => ImapEventRun.Environment(run, item) ?? ImapEventRun.Environment(run, name) ?? "";
        }));
}
