using System.Collections.Immutable;

namespace Sora.Sieve.Runtime;

/// <summary>Runs commands one after the other.</summary>
internal static class Block
{
    public static async ValueTask<Flow> RunAsync(ImmutableArray<CommandNode> commands, SieveRun run)
    {
        foreach (var command in commands)
        {
            run.Step(command.Position);
            var flow = await command.ExecuteAsync(run);
            if (flow != Flow.Next)
                return flow;
        }

        return Flow.Next;
    }
}
