using System.CommandLine;

namespace Sora.Admin.Tls;

/// <summary><c>tls show</c>: a certificate with its chain, never its key.</summary>
internal sealed class TlsShowCommand : AdminCommand
{
    private readonly Option<string> _name = Required("--name", "NAME", "The certificate, as tls list names it");

    public TlsShowCommand(CommandHost host)
        : base("show", "Prints a certificate and those that vouch for it, in PEM", host)
    {
        Add(_name);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var session = await AdminSession.ReadAsync(run, cancellationToken);
        var name = run.Required(_name);
        if ((await session.Certificates.ListAsync(cancellationToken)).FirstOrDefault(one => one.Name == name) is not { } found)
            return run.Failed($"There is no certificate {name}");
        if (run.WantsJson)
            run.WriteJson(new { found.Name, found.Hosts, found.NotAfter, Default = found.IsDefault, Acme = found.IsAcme, KeyIsReadable = found.HasKey, found.ChangedAt, found.Chain });
        else
            run.Terminal.Output.Write(found.Chain);
        return ExitCode.Ok;
    }
}
