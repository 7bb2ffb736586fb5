using System.Collections.Immutable;
using Sora.Mime;
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
            var outer = run.CurrentPart;
            List<MimePart> parts = outer is null ? [run.Message.Root, .. MimeParts.Below(run.Message.Root)] : MimeParts.Below(outer);
            var replaced = run.State<ReplacedParts>();
            foreach (var part in parts)
            {
                run.Step(Position);
                if (replaced.IsInside(run, part))
                    continue;
                run.CurrentPart = part;
                var flow = await Block.RunAsync(block, run);
                if (flow == Flow.Break && (run.BreakTo is null || run.BreakTo == name))
                {
                    run.BreakTo = null;
                    break;
                }

                if (flow != Flow.Next)
                {
                    End(run, outer, replaced);
                    return flow;
                }
            }

            End(run, outer, replaced);
            return Flow.Next;
        }
    }

    // What was replaced in a loop is the message once the outermost loop is over
    private static void End(SieveRun run, MimePart? outer, ReplacedParts replaced)
    {
        run.CurrentPart = outer;
        if (outer is null)
            replaced.Settle(run);
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
