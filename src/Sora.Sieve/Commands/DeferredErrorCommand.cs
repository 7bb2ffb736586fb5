using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>A command with an error that only counts when it is reached (RFC 5463 section 4).</summary>
internal sealed class DeferredErrorCommand(SourcePosition position, string message) : CommandNode(position)
{
    public override ValueTask<Flow> ExecuteAsync(SieveRun run) => throw new SieveRuntimeException(message);
}

/// <summary>A test with an error that only counts when it is reached.</summary>
internal sealed class DeferredErrorTest(SourcePosition position, string message) : TestNode(position)
{
    public override string Name => "error";

    protected override ValueTask<bool> RunAsync(SieveRun run) => throw new SieveRuntimeException(message);
}
