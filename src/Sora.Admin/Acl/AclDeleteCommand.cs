using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Acl;

/// <summary><c>acl delete</c>: takes an entry out of a mailbox's access control list.</summary>
internal sealed class AclDeleteCommand : AclCommand
{
    private readonly Option<string> _identifier = Required("--identifier", "ID", "An address of the user, or anyone");
    private readonly Option<bool> _negative = Flag("--negative", "The entry that takes rights away");

    public AclDeleteCommand(CommandHost host)
        : base("delete", "Takes a user, or anyone, out of a mailbox's access control list", host)
    {
        Add(_identifier);
        Add(_negative);
    }

    protected override Task<int> RunAsync(CommandRun run, ISharing sharing, MailboxEntry mailbox, CancellationToken cancellationToken)
    {
        var change = new AccessChange(mailbox.Id, run.Required(_identifier), run.Get(_negative), AccessMode.Replace, Rights.None);
        return ChangeAsync(run, sharing, change, cancellationToken);
    }
}
