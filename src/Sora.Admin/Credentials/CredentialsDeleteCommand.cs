using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials delete</c>: an address that is not the primary one, or a further password.</summary>
internal sealed class CredentialsDeleteCommand : AdminCommand
{
    private readonly Option<long?> _id = new("--id") { Description = "The number of a further password, as credentials list shows it", HelpName = "N" };
    private readonly Option<string?> _address = Optional("--address", "OLD", "The address to delete, with its further passwords; the primary one is refused");
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "Do it only if this is an address of the same account");

    public CredentialsDeleteCommand(CommandHost host)
        : base("delete", "Deletes an address, to which mail is refused from now on, or a further password; their sessions end", host)
    {
        Add(_id);
        Add(_address);
        Add(_email);
        Validators.Add(result =>
        {
            if (result.GetResult(_id) is null == (result.GetResult(_address) is null))
                result.AddError("Name an address with --address, or a further password with --id");
        });
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        if (run.Get(_id) is { } id)
        {
            var gone = await session.Credentials.DeletePasswordAsync(new CredentialId(id), run.Get(_email), cancellationToken);
            return gone.IsOk
                ? run.Done(
                    new { Account = gone.Value.Account.Value, gone.Value.PrimaryAddress, Id = id, Address = gone.Value.Addresses[0] },
                    $"Deleted password {id} of {gone.Value.Addresses[0]}")
                : run.Failed(gone.Error);
        }

        var deleted = await session.Credentials.DeleteAsync(run.Get(_address)!, run.Get(_email), cancellationToken);
        if (!deleted.IsOk)
            return run.Failed(deleted.Error);
        var change = deleted.Value;
        return run.Done(
            new { Account = change.Account.Value, change.PrimaryAddress, Address = change.Addresses[0] },
            $"Deleted {change.Addresses[0]} of {change.PrimaryAddress}");
    }
}
