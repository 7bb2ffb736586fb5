using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>fileinto (RFC 5228 section 4.1).</summary>
internal sealed class FileIntoCommand(SourcePosition position, SieveString mailbox, ImmutableArray<ActionModifier> modifiers) : CommandNode(position)
{
    public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        var name = mailbox.Get(run);
        if (MailboxName.Parse(name) is { IsOk: false } parsed)
            throw new SieveRuntimeException($"fileinto: {SieveText.Show(name)} cannot be a mailbox: {parsed.Error!.Text}");
        var arguments = await ActionArguments.ReadAsync(modifiers, run);
        run.Actions.Store(new FileIntoAction(name)
        {
            Line = Position.Line,
            Message = run.NewMessage,
            IsCopy = arguments.IsCopy,
            Create = arguments.Create,
            SpecialUse = arguments.SpecialUse,
            MailboxId = arguments.MailboxId,
            Flags = arguments.Flags ?? run.Flags,
        });
        if (!arguments.IsCopy)
            run.Actions.ImplicitKeep = false;
        run.CheckActions();
        if (run.IsTraced)
            run.Trace(Position, $"fileinto {SieveText.Show(name)}");
        return Flow.Next;
    }
}
