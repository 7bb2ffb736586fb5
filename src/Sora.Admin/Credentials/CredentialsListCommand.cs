using System.CommandLine;
using Sora.Mailstore.Accounts;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials list</c>: the addresses of an account and its passwords.</summary>
internal sealed class CredentialsListCommand : AdminCommand
{
    private readonly Option<string> _email = Required("--email", "ADDRESS", "Any address of the account");

    public CredentialsListCommand(CommandHost host)
        : base("list", "Lists the addresses and further passwords of an account, and when each was last used", host)
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
        {
            run.WriteJson(found.Value.Select(static credential => new
            {
                Id = credential.Id.Value,
                credential.Address,
                Primary = credential.Kind == CredentialKind.Primary,
                Kind = Shown(credential),
                credential.Settings.Description,
                Scopes = CredentialArguments.Shown(credential.Settings.Scopes),
                credential.Settings.ExpiresAt,
                credential.CreatedAt,
                LastUsedAt = credential.LastUse?.At,
                LastUsedFor = credential.LastUse is { } use ? CredentialArguments.Shown(use.Protocol) : null,
                LastUsedFrom = credential.LastUse?.Client.ToString(),
            }));
            return ExitCode.Ok;
        }

        run.WriteTable(
            ["id", "address", "kind", "description", "scopes", "expires", "created", "last used"],
            found.Value.Select(static credential => new object?[]
            {
                credential.Id, credential.Address, Shown(credential), credential.Settings.Description, CredentialArguments.Shown(credential.Settings.Scopes),
                credential.Settings.ExpiresAt, credential.CreatedAt,
                credential.LastUse is { } use ? $"{CommandRun.Shown(use.At)} {CredentialArguments.Shown(use.Protocol)} {use.Client}" : null,
            }));
        return ExitCode.Ok;
    }

    private static string Shown(Credential credential) => credential.Kind switch
    {
        CredentialKind.Primary => "primary",
        CredentialKind.Address => "address",
        _ => credential.IsGenerated ? "generated password" : "password",
    };
}
