using System.CommandLine;
using System.Text;

namespace Sora.Admin.Sieve;

/// <summary><c>sieve show</c>: one script as it is stored.</summary>
internal sealed class SieveShowCommand : SieveAccountCommand
{
    private readonly Option<string> _name = NameOption();

    public SieveShowCommand(CommandHost host)
        : base("show", "Prints a script", host)
    {
        Add(_name);
    }

    protected override async Task<int> RunAsync(CommandRun run, AdminSession session, AccountMailboxes account, CancellationToken cancellationToken)
    {
        var name = ParseName(run.Required(_name));
        var script = await session.Scripts.GetAsync(account.Account.Id, name, cancellationToken);
        if (!script.IsOk)
            return run.Failed($"{script.Error.Text}: {name}");
        var text = Encoding.UTF8.GetString(script.Value.Content);
        if (run.WantsJson)
            run.WriteJson(new { Name = name.Value, Active = script.Value.Entry.IsActive, Content = text });
        else
            await run.Terminal.Output.WriteAsync(text);
        return ExitCode.Ok;
    }
}
