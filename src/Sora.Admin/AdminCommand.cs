using System.CommandLine;

namespace Sora.Admin;

/// <summary>One command: its options, and what it does.</summary>
internal abstract class AdminCommand : Command
{
    protected AdminCommand(string name, string description, CommandHost host)
        : base(name, description)
    {
        SetAction((parsed, cancellationToken) => RunAsync(new CommandRun(parsed, host), cancellationToken));
    }

    /// <summary>Does it and gives the exit code; what is thrown becomes a line on standard error.</summary>
    protected abstract Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken);

    protected static Option<string> Required(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName, Required = true };

    protected static Option<string?> Optional(string name, string helpName, string description) =>
        new(name) { Description = description, HelpName = helpName };

    protected static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    /// <summary>Adds the flag without which nothing is deleted.</summary>
    protected void AddConfirm()
    {
        // A required flag would not do: the parser holds an absent one for false
        var confirm = Flag("--confirm", "Yes, do it (required)");
        Add(confirm);
        Validators.Add(result =>
        {
            if (!result.GetValue(confirm))
                result.AddError("Nothing was done: --confirm is required");
        });
    }
}
