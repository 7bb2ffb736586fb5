using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>vnd.dovecot.debug: <c>debug_log</c> writes to the account's script log.</summary>
internal sealed class DebugExtension : SieveExtension
{
    public override string Capability => "vnd.dovecot.debug";

    public override void Register(Vocabulary vocabulary) => vocabulary.Command(new CallDefinition
    {
        Name = "debug_log",
        Arguments = [("message", ArgumentKind.String)],
        Build = static call => new DebugLogCommand(call.Position, call.String(0)),
    });

    private sealed class DebugLogCommand(SourcePosition position, SieveString message) : CommandNode(position)
    {
        private const int MaxLength = 1_000;

        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var text = SieveText.Cut(message.Get(run), MaxLength);
            run.Log(text);
            if (run.IsTraced)
                run.Trace(Position, $"debug_log {SieveText.Show(text)}");
            return new(Flow.Next);
        }
    }
}
