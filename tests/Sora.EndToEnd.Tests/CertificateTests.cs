using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Sora.EndToEnd.Tests.Servers;
using Sora.Mailstore.Storage.Embedded;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>Certificates of whole servers: shared by two of them, swapped while a client is there, and of clients.</summary>
public sealed class CertificateTests : IDisposable
{
    private const string Secret = "tls_store.secret=a secret of the tests, which is long enough";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly TempFolder _folder = new();
    private readonly TestAuthority _authority = new();

    public void Dispose()
    {
        _folder.Dispose();
        _authority.Dispose();
    }

    [Fact]
    public async Task What_an_administrator_imports_both_nodes_use_at_once_and_clients_that_are_there_stay()
    {
        var database = await PostgresFixture.CreateEmptyAddressAsync();
        string[] settings = [.. On(database), Secret, $"storage.bodies_folder={_folder.File("bodies")}", "storage.staging=database"];
        await using var one = await SoraProcess.StartAsync(settings);
        await using var two = await SoraProcess.StartAsync(settings);
        using var early = await TlsClient.ConnectAsync(one.ImapsPort);
        var first = early.Thumbprint;
        var issued = _authority.Issue("mail.example.org");
        var (certFile, keyFile) = issued.Write(_folder, "mail");
        await AdminAsync("import", "--name", "mail", "--cert-file", certFile, "--key-file", keyFile);
        foreach (var port in new[] { one.ImapsPort, two.ImapsPort })
            await Eventually.WaitAsync(() => ShowsAsync(port, issued.Thumbprint));
        await early.SayAsync("a NOOP");
        (await early.ReadUntilAsync("a OK")).ShouldStartWith("a OK");
        await AdminAsync("delete", "--name", "mail", "--confirm");
        await Eventually.WaitAsync(() => ShowsAsync(one.ImapsPort, first));

        Task<CommandRun> AdminAsync(params string[] arguments) =>
            CommandRun.MustSucceedAsync("dotnet", [Programs.SoraAdmin, "tls", .. arguments, .. On(database).Append(Secret).SelectMany(static setting => new[] { "--set", setting })]);
    }

    [Fact]
    public async Task Curl_logs_in_with_a_certificate()
    {
        using var clients = new TestAuthority("Client authority");
        await File.WriteAllTextAsync(_folder.File("clients.pem"), clients.Pem);
        await using var sora = await SoraProcess.StartAsync("tls.client_certificates=request", $"tls.client_ca_file={_folder.File("clients.pem")}");
        var (certFile, keyFile) = clients.Issue(new TestRequest { Emails = [sora.FirstAccount.Address], ForClient = true }).Write(_folder, "client");
        foreach (var (scheme, port) in new[] { ("imaps", sora.ImapsPort), ("imap", sora.ImapPort) })
        {
            var ran = await CommandRun.MustSucceedAsync(
                "curl",
                ["-sS", "-k", "--ssl-reqd", "--cert", certFile, "--key", keyFile, "-u", sora.FirstAccount.Address + ":", "--login-options", "AUTH=EXTERNAL", $"{scheme}://127.0.0.1:{port}/"],
                "curl");
            ran.Output.ShouldContain("\" INBOX\r\n");
        }
    }

    private static string[] On(PostgresAddress database) =>
    [
        "database.embedded=false", $"database.hosts={database.SocketFolder}", $"database.port={database.Port}", $"database.name={database.Database}", $"database.user={database.User}",
    ];

    private static async Task<bool> ShowsAsync(int port, string thumbprint)
    {
        using var client = await TlsClient.ConnectAsync(port);
        return client.Thumbprint == thumbprint;
    }

    private sealed class TlsClient : IDisposable
    {
        private readonly SslStream _tls;
        private readonly StreamReader _reader;

        private TlsClient(SslStream tls)
        {
            _tls = tls;
            _reader = new StreamReader(tls);
        }

        public string Thumbprint => _tls.RemoteCertificate!.GetCertHashString();

        public static async Task<TlsClient> ConnectAsync(int port)
        {
            var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);

            // Which certificate it is is the question here, not who vouches for it
            var tls = new SslStream(socket.GetStream(), leaveInnerStreamOpen: false, static (_, certificate, _, _) => certificate is not null);
            await tls.AuthenticateAsClientAsync("mail.example.org").WaitAsync(Patience);
            return new TlsClient(tls);
        }

        public Task SayAsync(string line) => _tls.WriteAsync(System.Text.Encoding.ASCII.GetBytes(line + "\r\n")).AsTask().WaitAsync(Patience);

        public async Task<string> ReadUntilAsync(string start)
        {
            while (true)
            {
                var line = await _reader.ReadLineAsync().WaitAsync(Patience) ?? throw new IOException("The server has closed the connection");
                if (line.StartsWith(start, StringComparison.Ordinal))
                    return line;
            }
        }

        public void Dispose() => _reader.Dispose();
    }
}
