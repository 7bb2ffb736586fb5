using Sora.Sieve.Syntax;

namespace Sora.Sieve.Runtime;

/// <summary>A compiled command or test. Immutable: all runs share it.</summary>
internal abstract class SieveNode(SourcePosition position)
{
    public SourcePosition Position => position;
}

/// <summary>How a script goes on after a command.</summary>
internal enum Flow : byte
{
    /// <summary>With the next command.</summary>
    Next,

    /// <summary>Not at all (RFC 5228 section 3.3).</summary>
    Stop,

    /// <summary>In the script that included this one (RFC 6609 section 3.3).</summary>
    Return,

    /// <summary>Behind the loop that is left (RFC 5703 section 3.2); see <see cref="SieveRun.BreakTo"/>.</summary>
    Break,
}

internal abstract class CommandNode(SourcePosition position) : SieveNode(position)
{
    public abstract ValueTask<Flow> ExecuteAsync(SieveRun run);
}

internal abstract class TestNode(SourcePosition position) : SieveNode(position)
{
    /// <summary>The test's name, for the trace.</summary>
    public abstract string Name { get; }

    /// <summary>Evaluates the test, and counts it.</summary>
    public virtual ValueTask<bool> EvaluateAsync(SieveRun run)
    {
        run.Step(Position);
        var result = RunAsync(run);
        return run.IsTraced ? TraceAsync(run, result) : result;
    }

    protected abstract ValueTask<bool> RunAsync(SieveRun run);

    private async ValueTask<bool> TraceAsync(SieveRun run, ValueTask<bool> result)
    {
        var value = await result;
        run.Trace(Position, value ? $"{Name}: true" : $"{Name}: false");
        return value;
    }
}
