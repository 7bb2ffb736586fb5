using System.Text;
using Sora.Gateway.Sieve;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>Tells what became of a trial.</summary>
/// <param name="plan">What a delivery would do.</param>
/// <param name="knowsMailboxes">Which mailboxes there are is known, because an account was named.</param>
/// <param name="withHeaders">Show the headers that scripts have changed.</param>
internal sealed class TrialReport(DeliveryPlan plan, bool knowsMailboxes, bool withHeaders)
{
    /// <summary>Shows it; the exit code is 1 when a script has failed.</summary>
    public int Show(CommandRun run)
    {
        var result = plan.Result;
        string[] actions = [.. result.Actions.Select(ActionText.Of)];
        string[] stores = knowsMailboxes ? [.. plan.Stores.Select(ActionText.Of)] : [];
        string[] problems = [.. Problems()];
        var headers = withHeaders ? Headers() : [];
        var error = Error();
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                Actions = actions,
                result.ImplicitKeep,
                Flags = result.KeepFlags,
                Stored = stores,
                Problems = problems,
                Headers = headers,
                Error = error,
                Duplicates = result.Duplicates.Length,
                Debug = result.DebugLog,
                result.Trace,
                result.Steps,
            });
            return error is null ? ExitCode.Ok : run.Failed(error);
        }

        var output = run.Terminal.Output;
        foreach (var line in result.Trace)
            output.WriteLine("trace: " + line);
        foreach (var line in result.DebugLog)
            output.WriteLine("debug: " + line);
        foreach (var action in actions)
            output.WriteLine(action);
        if (result.ImplicitKeep)
            output.WriteLine("keep (implicit)" + ActionText.Flags(result.KeepFlags));
        foreach (var problem in problems)
            output.WriteLine("problem: " + problem);
        foreach (var store in stores)
            output.WriteLine("stored in " + store);
        foreach (var header in headers)
        {
            output.WriteLine("changed header:");
            foreach (var line in header)
                output.WriteLine("  " + line);
        }

        return error is null ? ExitCode.Ok : run.Failed(error);
    }

    // A script before or after that does not compile is found out by the plan alone
    private string? Error() => plan.Result.Error?.ToString()
        ?? plan.Notes.Where(static note => note.Text.StartsWith(ScriptPlanner.DoesNotCompile, StringComparison.Ordinal))
            .Select(static note => $"{note.Script}: line {note.Line}: {note.Text}").FirstOrDefault();

    private IEnumerable<string> Problems()
    {
        foreach (var note in plan.Notes)
        {
            if (note.Line == 0 || note.Text == plan.Result.Error?.Message || note.Text.StartsWith(ScriptPlanner.DoesNotCompile, StringComparison.Ordinal))
                continue;

            // That a mailbox is missing means nothing when nobody has said whose
            if (knowsMailboxes || !note.Text.StartsWith("fileinto:", StringComparison.Ordinal))
                yield return note.Script.Length == 0 ? $"line {note.Line}: {note.Text}" : $"{note.Script}: line {note.Line}: {note.Text}";
        }
    }

    // Each header that is stored or sent, once
    private List<string[]> Headers()
    {
        var seen = new HashSet<SieveNewMessage>(ReferenceEqualityComparer.Instance);
        var headers = new List<string[]>();
        foreach (var message in plan.Result.Actions.Select(static action => action.Message).Append(plan.Result.KeepMessage))
        {
            if (message is not null && seen.Add(message))
                headers.Add(Encoding.UTF8.GetString(message.Header.Span).ReplaceLineEndings("\n").TrimEnd('\n').Split('\n'));
        }

        return headers;
    }
}
