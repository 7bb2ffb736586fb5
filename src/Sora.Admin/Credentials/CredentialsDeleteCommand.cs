using System.CommandLine;

namespace Sora.Admin.Credentials;

/// <summary><c>credentials delete</c>: an address that is not the primary one.</summary>
internal sealed class CredentialsDeleteCommand : AdminCommand
{
    private readonly Option<string> _address = Required("--address", "OLD", "The address to delete; the primary one is refused");
    private readonly Option<string?> _email = Optional("--email", "ADDRESS", "Do it only if this is an address of the same account");

    public CredentialsDeleteCommand(CommandHost host)
        : base("delete", "Deletes an address; mail to it is refused from now on", host)
    {
        Add(_address);
        Add(_email);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var deleted = await session.Credentials.DeleteAsync(run.Required(_address), run.Get(_email), cancellationToken);
        if (!deleted.IsOk)
            return run.Failed(deleted.Error);
        var change = deleted.Value;
        return run.Done(
            new { Account = change.Account.Value, change.PrimaryAddress, Address = change.Addresses[0] },
            $"Deleted {change.Addresses[0]} of {change.PrimaryAddress}");
    }
}
