using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Mailboxes;

/// <summary>Whose mailboxes a command is about: an account's, or the shared ones of a domain.</summary>
internal sealed class OwnerOptions
{
    private readonly Option<string?> _email = new("--email", "--account") { Description = "Any address of the account", HelpName = "ADDRESS" };
    private readonly Option<string?> _shared = new("--shared") { Description = "The shared mailboxes of a domain instead", HelpName = "DOMAIN" };

    public void AddTo(Command command)
    {
        command.Add(_email);
        command.Add(_shared);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_email) is null == result.GetValue(_shared) is null)
                result.AddError("Either --email or --shared is required");
        });
    }

    /// <param name="run">The command.</param>
    /// <param name="session">The engine.</param>
    /// <param name="mayCreate">Make the account of a domain's shared mailboxes when there is none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>NONEXISTENT.</returns>
    public Task<MailResult<AccountMailboxes>> FindAsync(CommandRun run, AdminSession session, bool mayCreate, CancellationToken cancellationToken) =>
        run.Get(_shared) is { } domain
            ? session.SharedMailboxesAsync(domain, mayCreate, cancellationToken)
            : session.MailboxesAsync(run.Get(_email)!, cancellationToken);
}
