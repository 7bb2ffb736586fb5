using System.Collections.Immutable;
using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>keep (RFC 5228 section 4.3).</summary>
internal sealed class KeepCommand(SourcePosition position, ImmutableArray<ActionModifier> modifiers) : CommandNode(position)
{
    public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        var arguments = await ActionArguments.ReadAsync(modifiers, run);
        run.Actions.Store(new KeepAction { Line = Position.Line, Message = run.KeptMessage, Flags = arguments.Flags ?? run.Flags });
        run.Actions.ImplicitKeep = false;
        run.CheckActions();
        run.Trace(Position, "keep");
        return Flow.Next;
    }
}
