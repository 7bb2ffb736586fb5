using Sora.Sieve.Runtime;

namespace Sora.Sieve.Commands;

/// <summary>A command of an extension that no <c>require</c> names (RFC 5463 section 4).</summary>
internal sealed class AskedCommand(CommandNode command, string[] capabilities) : CommandNode(command.Position)
{
    public override ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        run.At(Position);
        FoundExtensions.Check(run, capabilities);
        return command.ExecuteAsync(run);
    }
}

/// <summary>A test of an extension that no <c>require</c> names.</summary>
internal sealed class AskedTest(TestNode test, string[] capabilities) : TestNode(test.Position)
{
    public override string Name => test.Name;

    // The test counts and traces itself
    public override ValueTask<bool> EvaluateAsync(SieveRun run)
    {
        run.At(Position);
        FoundExtensions.Check(run, capabilities);
        return test.EvaluateAsync(run);
    }

    protected override ValueTask<bool> RunAsync(SieveRun run) => test.EvaluateAsync(run);
}
