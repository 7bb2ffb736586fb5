using System.CommandLine;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials list</c>: the addresses of an account.</summary>
internal sealed class CredentialsListCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");

    public CredentialsListCommand(CommandHost host)
        : base("list", "Lists the addresses of an account", host)
    {
        Add(_email);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var found = await session.Credentials.ListAsync(run.Required(_email), cancellationToken);
        if (!found.IsOk)
            return run.Failed(found.Error);
        if (run.WantsJson)
            run.WriteJson(found.Value.Select(static credential => new { credential.Address, Primary = credential.IsPrimary, credential.CreatedAt }));
        else
            run.WriteTable(
                ["address", "primary", "created"],
                found.Value.Select(static credential => new object?[] { credential.Address, credential.IsPrimary, credential.CreatedAt }));
        return ExitCode.Ok;
    }
}
