using System.CommandLine;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve check</c>: compiles a script; needs no database.</summary>
internal sealed class SieveCheckCommand : AdminCommand
{
    private readonly Option<string> _file = Required("--file", "FILE", "The script; - reads standard input");

    public SieveCheckCommand(CommandHost host)
        : base("check", "Says what is wrong with a script, without storing it", host)
    {
        Add(_file);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var script = await ScriptSource.ReadAsync(run, run.Required(_file), options.Sieve.MaxGlobalScriptSize.Bytes, cancellationToken);
        var compilation = Sora.Sieve.SieveCompiler.Compile(script, options.SieveLimits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32()));
        if (!ScriptSource.Report(run, compilation))
            return ExitCode.Failed;
        return run.Done(ScriptSource.Json(compilation), "The script is valid");
    }
}
