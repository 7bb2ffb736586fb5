using System.Collections.Immutable;
using Sora.Sieve.Actions;
using Sora.Sieve.Extensions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Commands;

/// <summary>redirect (RFC 5228 section 4.2).</summary>
internal sealed class RedirectCommand(SourcePosition position, SieveString address, ImmutableArray<ActionModifier> modifiers) : CommandNode(position)
{
    public override async ValueTask<Flow> ExecuteAsync(SieveRun run)
    {
        var text = address.Get(run);
        var arguments = await ActionArguments.ReadAsync(modifiers, run);
        var spec = "";
        if (!arguments.IsList && !SieveAddress.TryParse(text, out spec))
            throw new SieveRuntimeException($"redirect: {SieveText.Show(text)} is no address");

        // "If neither ... can enumerate the list ... the situation MUST result in a runtime error" (RFC 6134 section 2.3)
        var list = arguments.IsList ? ExtListsExtension.Normalize(text) : null;
        IReadOnlyList<string> members = [];
        if (list is not null)
        {
            members = await run.Host.GetListAsync(list, run.CancellationToken)
                ?? throw new SieveRuntimeException($"redirect: there is no list {SieveText.Show(text)} of addresses");
        }

        var isNew = run.Actions.Redirect(new RedirectAction(spec)
        {
            Line = Position.Line,
            Message = run.RedirectMessage,
            IsCopy = arguments.IsCopy,
            List = list,
            Members = members,
            Notify = arguments.Notify,
            Ret = arguments.Ret,
            BySeconds = arguments.BySeconds,
            ByMode = arguments.ByMode,
            ByTrace = arguments.ByTrace,
        });
        if (isNew && ++run.Redirects > run.Limits.MaxRedirects)
            throw new SieveRuntimeException($"More than {run.Limits.MaxRedirects} redirects");
        if (!arguments.IsCopy)
            run.Actions.ImplicitKeep = false;
        run.CheckActions();
        if (run.IsTraced)
            run.Trace(Position, $"redirect {SieveText.Show(text)}");
        return Flow.Next;
    }
}
