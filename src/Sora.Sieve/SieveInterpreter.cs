using System.Collections.Immutable;
using Sora.Sieve.Runtime;

namespace Sora.Sieve;

/// <summary>Runs scripts. It changes nothing: what is to be done comes out as a <see cref="SieveResult"/>.</summary>
public static class SieveInterpreter
{
    /// <summary>Runs a sequence of scripts on a message. Completes at once where the host's and the message's answers do.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async ValueTask<SieveResult> RunAsync(SieveInput input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (input.Scripts.IsDefaultOrEmpty)
            return new SieveResult { ImplicitKeep = true };
        var run = new SieveRun(input, cancellationToken);
        var done = new List<SieveAction>();
        var duplicates = ImmutableArray.CreateBuilder<SieveDuplicate>();
        for (var i = 0; ; i++)
        {
            var (name, script) = input.Scripts[i];
            Begin(run, name, script);
            try
            {
                ImapEventRun.CheckRequired(run, script);
                await Block.RunAsync(script.Commands, run);
            }
            catch (SieveRuntimeException e)
            {
                run.Trace(new(run.Line, 1), $"error: {SieveText.OneLine(e.Message)}");
                return Result(run, done, duplicates) with
                {
                    ImplicitKeep = true,
                    Error = new SieveRuntimeError(i, run.ScriptName, run.Line, e.Message),
                };
            }

            duplicates.AddRange(run.Duplicates);
            var actions = run.Actions;
            var isKept = actions.ImplicitKeep || actions.HasKeep;
            var isLast = !isKept || i == input.Scripts.Length - 1;
            foreach (var action in actions.All)
                if (isLast || action is not KeepAction)
                    Add(done, i == 0 ? action : action with { Script = i }, keepsInInbox: input.ImapEvent is null);
            if (!isLast)
                continue;
            return Result(run, done, duplicates) with
            {
                ImplicitKeep = actions.ImplicitKeep,
                KeepFlags = actions.ImplicitKeep && input.ImapEvent is null ? run.Flags : null,
                KeepMessage = actions.ImplicitKeep ? run.KeptMessage : null,
                FlagChange = ImapEventRun.FlagChange(run, isKept),
            };
        }
    }

    private static void Begin(SieveRun run, string name, SieveScript script)
    {
        run.Script = script;
        run.ScriptName = name;
        run.Scope = new VariableScope();
        run.Actions = SieveRun.ActionsOf(run.Input);
        run.Duplicates.Clear();
        run.At(new(1, 1));
    }

    // What an earlier script has stored in a mailbox is not stored there again (RFC 5228 section 2.10.3)
    private static void Add(List<SieveAction> done, SieveAction action, bool keepsInInbox)
    {
        if (action is StoreAction store)
        {
            for (var i = 0; i < done.Count; i++)
            {
                if (done[i] is not StoreAction earlier || !ScriptActions.IsSamePlace(earlier, store, keepsInInbox))
                    continue;
                done[i] = earlier with { Flags = store.Flags ?? earlier.Flags, Message = store.Message };
                return;
            }
        }

        done.Add(action);
    }

    private static SieveResult Result(SieveRun run, List<SieveAction> done, ImmutableArray<SieveDuplicate>.Builder duplicates) => new()
    {
        Actions = [.. done],
        Duplicates = duplicates.ToImmutable(),
        DebugLog = [.. run.LogLines],
        Trace = [.. run.TraceLines],
        Steps = run.Steps,
    };
}
