using System.Collections.Immutable;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Tests;

/// <summary>allof (RFC 5228 section 5.2); does not look further than it must.</summary>
internal sealed class AllOfTest(SourcePosition position, ImmutableArray<TestNode> tests) : TestNode(position)
{
    public override string Name => "allof";

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        foreach (var test in tests)
            if (!await test.EvaluateAsync(run))
                return false;
        return true;
    }
}

/// <summary>anyof (RFC 5228 section 5.3); does not look further than it must.</summary>
internal sealed class AnyOfTest(SourcePosition position, ImmutableArray<TestNode> tests) : TestNode(position)
{
    public override string Name => "anyof";

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        foreach (var test in tests)
            if (await test.EvaluateAsync(run))
                return true;
        return false;
    }
}

/// <summary>not (RFC 5228 section 5.8).</summary>
internal sealed class NotTest(SourcePosition position, TestNode test) : TestNode(position)
{
    public override string Name => "not";

    protected override async ValueTask<bool> RunAsync(SieveRun run) => !await test.EvaluateAsync(run);
}

/// <summary>true and false (RFC 5228 sections 5.6 and 5.10).</summary>
internal sealed class ConstantTest(SourcePosition position, bool value) : TestNode(position)
{
    public override string Name => value ? "true" : "false";

    protected override ValueTask<bool> RunAsync(SieveRun run) => new(value);
}
