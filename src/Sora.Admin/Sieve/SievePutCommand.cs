using System.CommandLine;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve put</c>: stores a script that compiles.</summary>
internal sealed class SievePutCommand : SieveAccountCommand
{
    private readonly Option<string> _name = NameOption();
    private readonly Option<string> _file = Required("--file", "FILE", "The script; - reads standard input");
    private readonly Option<bool> _activate = Flag("--activate", "Make it the active script");

    public SievePutCommand(CommandHost host)
        : base("put", "Stores a script, new or in the place of one with its name", host)
    {
        Add(_name);
        Add(_file);
        Add(_activate);
    }

    protected override bool Changes => true;

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var name = ParseName(run.Required(_name));
        var script = await ScriptSource.ReadAsync(run, run.Required(_file), options.Sieve.MaxScriptSize.Bytes, cancellationToken);
        var compilation = ScriptSource.Compile(options, script);
        if (compilation.Script is { } compiled)
        {
            var warnings = await ScriptSource.Library(options, session).CheckIncludesAsync(
                account.Account.Id, name, compiled, options.SieveLimits.ToLimits(), cancellationToken);
            compilation = compilation with { Diagnostics = compilation.Diagnostics.AddRange(warnings) };
        }

        if (!ScriptSource.Report(run, compilation))
            return ExitCode.Failed;
        var done = await session.Scripts.PutAsync(account.Account.Id, name, script, cancellationToken);
        if (done.IsOk && run.Get(_activate))
            done = await session.Scripts.ActivateAsync(account.Account.Id, name, cancellationToken);
        return Changed(run, done, name, account, run.Get(_activate) ? "Stored and activated" : "Stored");
    }
}
