using System.CommandLine;

namespace Sora.Admin.Auth;

/// <summary><c>auth blocked</c>: who cannot log in because of too many wrong passwords.</summary>
internal sealed class AuthBlockedCommand : AdminCommand
{
    private readonly Option<string?> _network = NetworkOption.Create("Only what concerns clients in this network, or of this address");
    private readonly Option<string?> _user = Optional("--user", "NAME", "Only what concerns this user");
    private readonly Option<int> _limit = new("--limit") { Description = "So many at most", HelpName = "N", DefaultValueFactory = static _ => 1000 };

    public AuthBlockedCommand(CommandHost host)
        : base("blocked", "Lists networks, users and pairs of both that gave too many wrong passwords and are refused for now", host)
    {
        Add(_network);
        Add(_user);
        Add(_limit);
        Validators.Add(result =>
        {
            NetworkOption.Check(result, _network);
            OptionLimits.Check(result, _limit, 1, 1_000_000);
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var blocks = await session.LoginLimits.ListAsync(run.Get(_network), run.Get(_user), run.Get(_limit), cancellationToken);
        if (run.WantsJson)
            run.WriteJson(blocks.Select(static block => new { block.Kind, Address = block.Network, block.User, block.Failures, block.Blocks, block.Until }));
        else
            run.WriteTable(
                ["kind", "address", "user", "failures", "blocks", "until"],
                blocks.Select(static block => new object?[]
                {
                    block.Kind, block.Network, block.User ?? (block.Kind == "address" ? "" : "(unknown)"), block.Failures, block.Blocks, block.Until,
                }));
        return ExitCode.Ok;
    }
}
