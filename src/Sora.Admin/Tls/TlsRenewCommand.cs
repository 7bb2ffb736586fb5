using System.CommandLine;

namespace Sora.Admin.Tls;

/// <summary><c>tls renew</c>: has [acme] order a certificate again.</summary>
internal sealed class TlsRenewCommand : AdminCommand
{
    private readonly Option<string> _name = Required("--name", "NAME", "The certificate, as tls list names it");

    public TlsRenewCommand(CommandHost host)
        : base("renew", "Has a certificate of [acme] ordered again now, also when that has failed a short time ago", host)
    {
        Add(_name);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var name = run.Required(_name);
        var due = await session.Certificates.RenewAsync(name, cancellationToken);
        return due.IsOk ? run.Done(new { Name = name }, $"{name} is due; a node that runs orders it") : run.Failed(due.Error);
    }
}
