using System.Collections.Immutable;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>ihave (RFC 5463): asks for extensions instead of requiring them, and the command <c>error</c>.</summary>
internal sealed class IhaveExtension : SieveExtension
{
    public override string Capability => "ihave";

    /// <summary>What the test guards only runs where an <c>ihave</c> in it was true.</summary>
    public static bool IsGuard(CallSyntax test) => test.Name == "ihave" || test.Tests.Any(IsGuard);

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "ihave",
            IsTest = true,
            Arguments = [("capabilities", ArgumentKind.StringList)],
            Build = BuildTest,
        });
        vocabulary.Command(new CallDefinition
        {
            Name = "error",
            Arguments = [("message", ArgumentKind.String)],
            Build = static call => new ErrorCommand(call.Position, call.String(0)),
        });
    }

    private static TestNode? BuildTest(CallBinding call)
    {
        if (call.Strings(0).Constant is not { } capabilities)
        {
            call.Error("The capabilities of 'ihave' cannot hold variables");
            return null;
        }

        // "Implementations MUST NOT allow it to be used with ... encoded-character or variables": the test fails (RFC 5463 section 4)
        var isSupported = Array.TrueForAll(capabilities, capability => capability is not ("encoded-character" or "variables") && call.Context.IsSupported(capability));

        if (!isSupported)
        {
            call.Context.LacksExtension = true;
            return new ConstantTest(call.Position, false);
        }

        var found = new List<string>();
        Array.ForEach(capabilities, capability => call.Context.EnableAsked(capability, found));
        return new IhaveTest(call.Position, [.. found]);
    }

    /// <summary>Remembers what it finds, which can be used from there on (RFC 5463 section 4).</summary>
    private sealed class IhaveTest(SourcePosition position, ImmutableArray<string> found) : TestNode(position)
    {
        public override string Name => "ihave";

        protected override ValueTask<bool> RunAsync(SieveRun run)
        {
            foreach (var capability in found)
                run.State<FoundExtensions>().Add(run.Script, capability);
            return new(true);
        }
    }

    private sealed class ErrorCommand(SourcePosition position, SieveString message) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run) => throw new SieveRuntimeException(message.Get(run));
    }
}
