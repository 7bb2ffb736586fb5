using Sora.Contracts;

namespace Sora.Admin.Acl;

/// <summary><c>acl get</c>: who else may do what with a mailbox.</summary>
internal sealed class AclGetCommand(CommandHost host) : AclCommand("get", "Shows who else may do what with a mailbox", host)
{
    protected override bool Changes => false;

    protected override Task<int> RunAsync(CommandRun run, ISharing sharing, MailboxEntry mailbox, CancellationToken cancellationToken) =>
        ShowAsync(run, sharing, mailbox.Id, cancellationToken);
}
