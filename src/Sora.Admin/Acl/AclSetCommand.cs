using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Acl;

/// <summary><c>acl set</c>: gives rights to a user, or to anyone in the domain.</summary>
internal sealed class AclSetCommand : AclCommand
{
    private readonly Option<string> _identifier = Required("--identifier", "ID", "An address of the user, or anyone");
    private readonly Option<string> _rights =
        Required("--rights", "RIGHTS", "Letters of lrswipkxtea; a + before them adds them to what is there, --rights=-LETTERS removes them");

    private readonly Option<bool> _negative = Flag("--negative", "Take the rights away from the user, whoever else grants them");

    public AclSetCommand(CommandHost host)
        : base("set", "Says what somebody else may do with a mailbox", host)
    {
        Add(_identifier);
        Add(_rights);
        Add(_negative);
    }

    protected override Task<int> RunAsync(CommandRun run, ISharing sharing, MailboxEntry mailbox, CancellationToken cancellationToken)
    {
        var text = run.Required(_rights).AsSpan();
        var mode = text is ['+', ..] ? AccessMode.Add : text is ['-', ..] ? AccessMode.Remove : AccessMode.Replace;
        if (!RightsText.TryParse(mode == AccessMode.Replace ? text : text[1..], out var rights, out var unknown))
            return Task.FromResult(run.Failed($"There is no right {unknown}"));
        var change = new AccessChange(mailbox.Id, run.Required(_identifier), run.Get(_negative), mode, rights);
        return ChangeAsync(run, sharing, change, cancellationToken);
    }
}
