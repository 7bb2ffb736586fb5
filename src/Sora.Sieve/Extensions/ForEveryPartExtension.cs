using System.Collections.Immutable;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>foreverypart and break (RFC 5703 section 3).</summary>
internal sealed class ForEveryPartExtension : SieveExtension
{
    private const int MaxName = 64;

    public override string Capability => "foreverypart";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "foreverypart",
            HasBlock = true,
            EnterBlock = Enter,
            LeaveBlock = static call => call.Context.State<Loops>().Names.RemoveAt(call.Context.State<Loops>().Names.Count - 1),
            Build = static call => new LoopCommand(call.Position, call.Tag("name")?.String?.Constant, call.Block),
        });
        vocabulary.Command(new CallDefinition { Name = "break", Build = BuildBreak });
        vocabulary.Tag(new TagDefinition { Name = "name", Calls = ["foreverypart", "break"], Kind = ArgumentKind.String });
    }

    /// <summary>The script is inside a loop at the place that is being compiled.</summary>
    public static bool IsInLoop(CompilationContext context) => context.State<Loops>().Names.Count > 0;

    private static bool Enter(CallBinding call)
    {
        var names = call.Context.State<Loops>().Names;
        var isValid = TryName(call, out var name);
        names.Add(name);
        if (names.Count <= call.Context.Options.MaxForEveryPartDepth)
            return isValid;
        call.Error($"Loops are nested deeper than {call.Context.Options.MaxForEveryPartDepth}");
        return false;
    }

    private static BreakCommand? BuildBreak(CallBinding call)
    {
        var names = call.Context.State<Loops>().Names;
        if (!TryName(call, out var name))
            return null;
        if (names.Count > 0 && (name is null || names.Contains(name)))
            return new BreakCommand(call.Position, name);
        call.Error(name is null ? "'break' only stands inside 'foreverypart'" : $"There is no loop {SieveText.Show(name)} around this 'break'");
        return null;
    }

    private static bool TryName(CallBinding call, out string? name)
    {
        name = null;
        if (call.Tag("name") is not { } tag)
            return true;
        name = tag.String!.Constant;
        if (name is { Length: > 0 and <= MaxName })
            return true;
        tag.Error($"The name of a loop is a string of 1 to {MaxName} characters without variables");
        return false;
    }

    private sealed class Loops
    {
        /// <summary>The names of the loops around, the outermost first; null for one without.</summary>
        public List<string?> Names { get; } = [];
    }

    private sealed class LoopCommand(SourcePosition position, string? name, ImmutableArray<CommandNode> block) : CommandNode(position)
    {
        public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            // The outermost loop goes through the message itself too; one inside it through what is in the part
            var root = run.Message.Root;
            var loops = run.State<PartLoops>();
            var outer = run.Loop;
            var loop = new PartLoop(root, outer?.Current is { } part ? MimeParts.Below(part) : [root, .. MimeParts.Below(root)]);
            loops.Enter(loop);
            run.Loop = loop;
            var flow = Flow.Next;
            while (flow == Flow.Next && loop.Next())
            {
                run.Step(Position);
                flow = await Block.RunAsync(block, run);
            }

            run.Loop = outer;
            loops.Leave();
            if (flow != Flow.Break || (run.BreakTo is not null && run.BreakTo != name))
                return flow;
            run.BreakTo = null;
            return Flow.Next;
        }
    }

    private sealed class BreakCommand(SourcePosition position, string? name) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            run.Trace(Position, "break");
            run.BreakTo = name;
            return new(Flow.Break);
        }
    }
}
