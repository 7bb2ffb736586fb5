using System.CommandLine;
using Sora.Contracts;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve test</c>: what a script would do with a message. Nothing is stored, sent or remembered.</summary>
internal sealed class SieveTestCommand : AdminCommand
{
    private const long MaxMessage = 256 * 1024 * 1024;

    private readonly Option<string> _script = Required("--script", "FILE", "The script; - reads standard input");
    private readonly Option<string> _message = Required("--message", "FILE", "The message as it would be delivered");
    private readonly Option<string?> _from = Optional("--from", "ADDRESS", "The envelope's sender (the null reverse-path)");
    private readonly Option<string?> _to = Optional("--to", "ADDRESS", "The envelope's recipient, and the user's address");
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "An account whose mailboxes and scripts the script may ask for; needs the database");
    private readonly Option<bool> _trace = Flag("--trace", "Show each step");

    public SieveTestCommand(CommandHost host)
        : base("test", "Shows what a script would do with a message", host)
    {
        foreach (var option in new Option[] { _script, _message, _from, _to, _email, _trace })
            Add(option);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var source = await ScriptSource.ReadAsync(run, run.Required(_script), options.Sieve.MaxScriptSize.Bytes, cancellationToken);
        var compilation = ScriptSource.Compile(options, source);
        if (!ScriptSource.Report(run, compilation))
            return ExitCode.Failed;
        var message = await ScriptSource.ReadAsync(run, run.Required(_message), MaxMessage, cancellationToken);
        if (run.Get(_email) is not { } email)
            return await RunAsync(run, compilation.Script!, message, new TrialHost(options, Addresses(run, null), null, null), cancellationToken);
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var account = await session.MailboxesAsync(email, cancellationToken);
        if (!account.IsOk)
            return run.Failed(account.Error);
        var host = new TrialHost(options, Addresses(run, account.Value.Owner), account.Value.Account, session.Scripts);
        return await RunAsync(run, compilation.Script!, message, host, cancellationToken);
    }

    private string[] Addresses(CommandRun run, string? owner) =>
        [.. new[] { owner, run.Get(_to) }.OfType<string>().Distinct(StringComparer.OrdinalIgnoreCase)];

    private async Task<int> RunAsync(CommandRun run, SieveScript script, byte[] message, TrialHost host, CancellationToken cancellationToken)
    {
        var result = await SieveInterpreter.RunAsync(
            new SieveInput
            {
                Scripts = [new SieveSequenceItem("", script)],
                Message = new SieveMessageInMemory(message),
                Envelope = new SieveEnvelope { From = run.Get(_from) ?? "", To = host.Addresses is [.., var to] ? to : "" },
                Host = host,
                Limits = host.Options.SieveLimits.ToLimits(),
                IsTraced = run.Get(_trace),
            },
            cancellationToken);
        string[] actions = [.. result.Actions.Select(ActionText.Of)];
        if (run.WantsJson)
        {
            run.WriteJson(new
            {
                Actions = actions,
                result.ImplicitKeep,
                Flags = result.KeepFlags,
                Error = result.Error?.ToString(),
                Duplicates = result.Duplicates.Length,
                Debug = result.DebugLog,
                result.Trace,
                result.Steps,
            });
        }
        else
        {
            foreach (var line in result.Trace)
                run.Terminal.Output.WriteLine("trace: " + line);
            foreach (var line in result.DebugLog)
                run.Terminal.Output.WriteLine("debug: " + line);
            foreach (var action in actions)
                run.Terminal.Output.WriteLine(action);
            if (result.ImplicitKeep)
                run.Terminal.Output.WriteLine("keep (implicit)" + ActionText.Flags(result.KeepFlags));
        }

        return result.Error is null ? ExitCode.Ok : run.Failed(result.Error.ToString());
    }
}
