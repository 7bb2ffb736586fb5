using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>reject and ereject (RFC 5429), each with a capability of its own.</summary>
internal sealed class RejectExtension(string name) : SieveExtension
{
    public override string Capability => name;

    public override void Register(Vocabulary vocabulary) => vocabulary.Command(new CallDefinition
    {
        Name = name,
        Arguments = [("reason", ArgumentKind.String)],
        Build = static call => new RejectCommand(call.Position, call.String(0), call.Definition.Name == "ereject"),
    });

    private sealed class RejectCommand(SourcePosition position, SieveString reason, bool isEreject) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            ImapEventRun.CheckAction(run, isEreject ? "ereject" : "reject");
            run.Actions.Reject(new RejectAction(reason.Get(run), isEreject) { Line = Position.Line });
            run.Actions.ImplicitKeep = false;
            run.CheckActions();
            run.Trace(Position, isEreject ? "ereject" : "reject");
            return new(Flow.Next);
        }
    }
}
