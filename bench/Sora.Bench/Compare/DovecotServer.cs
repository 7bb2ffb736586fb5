using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sora.Bench.Processes;
using Sora.Testing;

namespace Sora.Bench.Compare;

/// <summary>The installed Dovecot with a configuration of our own, in one of its mailbox formats.</summary>
internal sealed class DovecotServer : PeerServer
{
    /// <summary>Account "mail", which every Debian has; Dovecot refuses to store mail as root.</summary>
    private const int MailUid = 8;

    private const string Password = "bench";

    private readonly string _location;
    private readonly int _port = FreePort.NextRange(4);

    /// <param name="format">sdbox or maildir.</param>
    /// <param name="plan">How many users.</param>
    /// <param name="keep">Leaves the folder for inspection.</param>
    public DovecotServer(string format, Plan plan, bool keep)
        : base(format, plan, keep)
    {
        if (!Environment.IsPrivilegedProcess)
        {
            throw new BenchException("Dovecot drops privileges and must be started as root");
        }

        _location = $"{format}:{Folder}/mail/%n/{format}";
        WriteFiles();
    }

    public override string Description =>
        $"Dovecot {Version()} (Debian), {Name}; mail_fsync = optimized (default), static passdb, no hibernation";

    protected override async Task<(Process Process, int Pid)> LaunchAsync(CancellationToken cancellationToken)
    {
        var process = ChildProcess.Start(new ProcessStartInfo("dovecot") { ArgumentList = { "-F", "-c", ConfigurationPath } });
        try
        {
            await WaitForPortAsync(_port, process, TimeSpan.FromSeconds(20), cancellationToken);
            await WaitForPortAsync(_port + 1, process, TimeSpan.FromSeconds(20), cancellationToken);
        }
        catch
        {
            await GiveUpAsync(process);
            throw;
        }

        Target = new Target
        {
            Name = Name,
            Lmtp = At(_port),
            Imap = At(_port + 1),
            Imaps = At(_port + 2),
            Pop3 = At(_port + 3),
            Password = Password,
            Users = Plan.Users,
            Pids = [process.Id],
        };
        return (process, process.Id);
    }

    private string ConfigurationPath => Path.Combine(Folder, "dovecot.conf");

    private static string At(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    private static string Version()
    {
        using var process = ChildProcess.Start(new ProcessStartInfo("dovecot")
        {
            ArgumentList = { "--version" },
            RedirectStandardOutput = true,
            UseShellExecute = false,
        });
        var version = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return version.Split(' ')[0];
    }

    private void WriteFiles()
    {
        // The mail account must get through to its folder, and root alone may read the key
        File.SetUnixFileMode(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Directory.CreateDirectory(Path.Combine(Folder, "run"));
        Directory.CreateDirectory(Path.Combine(Folder, "state"));
        Directory.CreateDirectory(Path.Combine(Folder, "mail"));
        FileOwner.Change(Path.Combine(Folder, "mail"), MailUid, MailUid);
        WriteCertificate();

        var template = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "compare", "dovecot.conf.template"));
        File.WriteAllText(
            ConfigurationPath,
            template
                .Replace("{folder}", Folder, StringComparison.Ordinal)
                .Replace("{name}", Name, StringComparison.Ordinal)
                .Replace("{location}", _location, StringComparison.Ordinal)
                .Replace("{password}", Password, StringComparison.Ordinal)
                .Replace("{uid}", MailUid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{gid}", MailUid.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{lmtp}", _port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{imap}", (_port + 1).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{imaps}", (_port + 2).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
                .Replace("{pop3}", (_port + 3).ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));
        File.WriteAllText(Path.Combine(Folder, "cert.pem"), certificate.ExportCertificatePem() + '\n');
        var keyPath = Path.Combine(Folder, "key.pem");
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem() + '\n');
        File.SetUnixFileMode(keyPath, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
