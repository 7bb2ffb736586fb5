using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>stop (RFC 5228 section 3.3).</summary>
internal sealed class StopCommand(SourcePosition position) : CommandNode(position)
{
    public override ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        run.Trace(Position, "stop");
        return new(Flow.Stop);
    }
}
