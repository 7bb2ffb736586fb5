using System.CommandLine;

namespace Sora.Admin.Auth;

/// <summary><c>auth unblock</c>: forgets wrong passwords, on all nodes at once.</summary>
internal sealed class AuthUnblockCommand : AdminCommand
{
    private readonly Option<string?> _network = NetworkOption.Create("Wrong passwords from this network or address, for whatever users");
    private readonly Option<string?> _user = Optional("--user", "NAME", "Wrong passwords for this user; with --address, those from there only");
    private readonly Option<bool> _all = Flag("--all", "All wrong passwords");

    public AuthUnblockCommand(CommandHost host)
        : base("unblock", "Lets in again who gave too many wrong passwords; running servers know at once", host)
    {
        Add(_network);
        Add(_user);
        Add(_all);
        Validators.Add(result =>
        {
            NetworkOption.Check(result, _network);
            if ((result.GetValue(_network) is not null || result.GetValue(_user) is not null) == result.GetValue(_all))
                result.AddError("Say what to forget: --address, --user, or --all");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var lifted = await session.LoginLimits.UnblockAsync(run.Get(_network), run.Get(_user), cancellationToken);
        return run.Done(
            new { Lifted = lifted.Select(static block => new { block.Kind, Address = block.Network, block.User }) },
            lifted.Count == 1 ? "1 block was lifted" : $"{CommandRun.Shown(lifted.Count)} blocks were lifted");
    }
}
