using System.CommandLine;
using Sora.Contracts;

namespace Sora.Admin.Tls;

/// <summary><c>tls import</c>: a certificate from files, for all nodes.</summary>
internal sealed class TlsImportCommand : AdminCommand
{
    private readonly Option<string> _name = Required("--name", "NAME", "What to call it; one of that name is replaced");
    private readonly Option<string> _cert = Required("--cert-file", "FILE", "PEM file with the certificate, then those that vouch for it");
    private readonly Option<string> _key = Required("--key-file", "FILE", "PEM file with its private key, without a passphrase");
    private readonly Option<bool> _default = Flag("--default", "It is for clients that name no host, in the place of the one that was");

    public TlsImportCommand(CommandHost host)
        : base("import", "Stores a certificate for all nodes; they use it at once", host)
    {
        Add(_name);
        Add(_cert);
        Add(_key);
        Add(_default);
    }

    protected override async Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var options = run.LoadOptions();
        var name = run.Required(_name);
        var certificate = new SharedCertificate(
            name, await ReadAsync(run.Required(_cert), options.TlsStore.MaxSize.Bytes, cancellationToken), await ReadAsync(run.Required(_key), options.TlsStore.MaxSize.Bytes, cancellationToken));
        await using var session = await AdminSession.ChangeAsync(run, options, cancellationToken);
        var stored = await session.Certificates.PutAsync(certificate, run.Get(_default) ? true : null, isAcme: false, cancellationToken);
        return stored.IsOk
            ? run.Done(new { Name = name, Hosts = stored.Value }, $"Stored {name} for {string.Join(' ', stored.Value)}")
            : run.Failed(stored.Error);
    }

    private static async Task<string> ReadAsync(string path, long max, CancellationToken cancellationToken)
    {
        if (new FileInfo(path) is { Exists: true } file && file.Length > max)
            throw new AdminException($"{path} is larger than tls_store.max_size");
        return await File.ReadAllTextAsync(path, cancellationToken);
    }
}
