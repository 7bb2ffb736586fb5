using System.Collections.Immutable;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>A branch of <c>if</c>; the test is null for <c>else</c>.</summary>
internal readonly record struct IfBranch(TestNode? Test, ImmutableArray<CommandNode> Block);

/// <summary>if, elsif and else (RFC 5228 section 3.1).</summary>
internal sealed class IfCommand(SourcePosition position, ImmutableArray<IfBranch> branches) : CommandNode(position)
{
    public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        foreach (var branch in branches)
            if (branch.Test is null || await branch.Test.EvaluateAsync(run))
                return await Block.RunAsync(branch.Block, run);
        return Flow.Next;
    }
}
