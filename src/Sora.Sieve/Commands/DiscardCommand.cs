using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>discard (RFC 5228 section 4.4).</summary>
internal sealed class DiscardCommand(SourcePosition position) : CommandNode(position)
{
    public override ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        run.Actions.Discard(Position.Line);
        run.Trace(Position, "discard");
        return new(Flow.Next);
    }
}
