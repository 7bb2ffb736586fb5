using System.CommandLine;

namespace Sora.Admin.Tls;

/// <summary><c>tls delete</c>: takes a certificate away from all nodes.</summary>
internal sealed class TlsDeleteCommand : AdminCommand
{
    private readonly Option<string> _name = Required("--name", "NAME", "The certificate, as tls list names it");

    public TlsDeleteCommand(CommandHost host)
        : base("delete", "Deletes a certificate with its key; nodes stop using it at once. One that [acme] names is ordered anew", host)
    {
        Add(_name);
        AddConfirm();
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ChangeAsync(run, cancellationToken);
        var name = run.Required(_name);
        var deleted = await session.Certificates.DeleteAsync(name, cancellationToken);
        return deleted.IsOk ? run.Done(new { Name = name }, $"Deleted {name}") : run.Failed(deleted.Error);
    }
}
