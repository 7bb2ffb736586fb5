using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sora.Contracts;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

/// <summary>The same client against a mail server that others wrote, where there is one to start.</summary>
public sealed partial class PostfixTests
{
    [PostfixFact]
    public async Task Messages_reach_the_mailboxes_of_Postfix_and_reports_their_senders()
    {
        using var folder = new TempFolder();
        await using var postfix = await Postfix.StartAsync(folder);
        await using var fixture = await RelayFixture.StartAsync();
        fixture.Options.Hosts = [$"localhost:{postfix.Port}"];
        fixture.Options.Tls = RelayTls.Require;
        fixture.Options.CaFile = postfix.Certificate;
        var text = "From: a@example.org\r\nDate: Sat, 28 Nov 2026 09:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nSubject: caf\u00E9\r\n\r\n.\r\n..dots\r\n\u00FC\u00DF\r\n" + string.Concat(Enumerable.Repeat(new string('y', 70) + "\r\n", 20_000));
        await fixture.EnqueueAsync(Request("1", text, "good@example.net", "other@example.net", "nobody@example.net") with { Kind = RelayKind.Notify, EnvelopeId = "id1", Return = "HDRS" });
        await fixture.EnqueueAsync(Request("2") with { Kind = RelayKind.Notify, Recipients = [new("good@example.net", "SUCCESS", "rfc822;first@example.com")] });
        fixture.Work();
        await Eventually.WaitAsync(() => postfix.Mail("good").Count == 2 && postfix.Mail("other").Count == 1 && postfix.Mail("sender").Count == 2, TimeSpan.FromSeconds(60));
        await fixture.EmptyAsync();

        // Postfix writes lines with LF, behind fields of its own
        postfix.Mail("other").Single().EndsWith("\n" + text.Replace("\r\n", "\n", StringComparison.Ordinal), StringComparison.Ordinal).ShouldBeTrue();
        var reports = postfix.Mail("sender");
        var ours = reports.Single(report => report.Contains("Reporting-MTA: dns; sora.example.org", StringComparison.Ordinal));
        ours.ShouldContain("Final-Recipient: rfc822; nobody@example.net\nAction: failed\nStatus: 5.1.1\n");
        ours.ShouldContain("Original-Envelope-Id: id1\n");

        // What was asked of Postfix it reports itself
        var theirs = reports.Single(report => report.Contains("Reporting-MTA: dns; postfix.test", StringComparison.Ordinal));
        theirs.ShouldContain("Original-Recipient: rfc822;first@example.com\n");
        theirs.ShouldContain("Action: delivered");
        postfix.Log().ShouldContain("TLSv1");
    }

    [PostfixFact]
    public async Task Many_messages_go_over_few_connections()
    {
        using var folder = new TempFolder();
        await using var postfix = await Postfix.StartAsync(folder);
        await using var fixture = await RelayFixture.StartAsync();
        fixture.Options.Hosts = [$"localhost:{postfix.Port}"];
        fixture.Options.Parallelism = 2;
        for (var i = 0; i < 50; i++)
            await fixture.EnqueueAsync(Request($"{i}", $"Subject: {i}\r\n\r\ntext\r\n", "good@example.net", "other@example.net"));
        fixture.Work();
        await fixture.EmptyAsync();
        await Eventually.WaitAsync(() => postfix.Mail("good").Count == 50 && postfix.Mail("other").Count == 50, TimeSpan.FromSeconds(60));
        postfix.Log().Split(" connect from ").Length.ShouldBeLessThanOrEqualTo(1 + 2);
    }

    internal sealed class PostfixFactAttribute : FactAttribute
    {
        public PostfixFactAttribute()
        {
            if (!File.Exists("/usr/sbin/postfix") || UserId() != 0)
                Skip = "Needs Postfix, and root to start it";
        }
    }

    /// <summary>A Postfix of its own, with its configuration, queue and mailboxes in a folder of the test.</summary>
    private sealed class Postfix : IAsyncDisposable
    {
        private readonly string _root;

        private Postfix(string root, int port)
        {
            _root = root;
            Port = port;
        }

        public int Port { get; }

        public string Certificate => Path.Combine(_root, "etc", "cert.pem");

        public static async Task<Postfix> StartAsync(TempFolder folder)
        {
            var postfix = new Postfix(folder.Path, FreePort.NextRange(1));
            await RunAsync("chmod", "755", folder.Path);
            foreach (var name in (string[])["etc", "queue", "data", "mail"])
                Directory.CreateDirectory(Path.Combine(folder.Path, name));
            await RunAsync("chown", "postfix", Path.Combine(folder.Path, "data"), Path.Combine(folder.Path, "mail"));
            using var certificate = Certificates.Make();
            await File.WriteAllTextAsync(postfix.Certificate, certificate.ExportCertificatePem());
            await File.WriteAllTextAsync(Path.Combine(folder.Path, "etc", "key.pem"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
            var user = (await RunAsync("id", "-u", "postfix")).Trim();
            await File.WriteAllTextAsync(Path.Combine(folder.Path, "etc", "main.cf"), $$"""
                compatibility_level = 3.6
                queue_directory = {{folder.Path}}/queue
                data_directory = {{folder.Path}}/data
                myhostname = postfix.test
                mydestination =
                mynetworks = 127.0.0.0/8 [::1]/128
                inet_interfaces = loopback-only
                maillog_file = {{folder.Path}}/data/log
                maillog_file_prefixes = {{folder.Path}}
                smtpd_tls_security_level = may
                smtpd_tls_cert_file = {{folder.Path}}/etc/cert.pem
                smtpd_tls_key_file = {{folder.Path}}/etc/key.pem
                smtpd_tls_loglevel = 1
                smtpd_relay_restrictions = reject_unauth_destination
                smtpd_client_connection_count_limit = 0
                virtual_mailbox_domains = example.net, example.org
                virtual_mailbox_base = {{folder.Path}}/mail
                virtual_mailbox_maps = inline:{ good@example.net=good/, other@example.net=other/, a@example.org=sender/ }
                virtual_uid_maps = static:{{user}}
                virtual_gid_maps = static:{{user}}
                virtual_minimum_uid = 1
                virtual_mailbox_limit = 0
                """);
            var services = new StringBuilder().Append(CultureInfo.InvariantCulture, $"{postfix.Port} inet n - n - - smtpd\n");
            foreach (var (name, type, program) in ((string, string, string)[])[
                ("cleanup", "unix", "cleanup"), ("qmgr", "unix", "qmgr"), ("tlsmgr", "unix", "tlsmgr"), ("rewrite", "unix", "trivial-rewrite"), ("bounce", "unix", "bounce"),
                ("defer", "unix", "bounce"), ("trace", "unix", "bounce"), ("verify", "unix", "verify"), ("flush", "unix", "flush"), ("proxymap", "unix", "proxymap"),
                ("smtp", "unix", "smtp"), ("showq", "unix", "showq"), ("error", "unix", "error"), ("retry", "unix", "error"), ("discard", "unix", "discard"),
                ("virtual", "unix", "virtual"), ("anvil", "unix", "anvil"), ("scache", "unix", "scache"), ("postlog", "unix-dgram", "postlogd")])
            {
                var wake = name switch { "qmgr" => "300", "tlsmgr" => "1000?", "flush" => "1000?", _ => "-" };
                var limit = name switch { "cleanup" or "bounce" or "defer" or "trace" or "flush" => "0", "qmgr" or "tlsmgr" or "verify" or "anvil" or "scache" or "postlog" => "1", _ => "-" };
                var isPrivate = name is "cleanup" or "qmgr" or "flush" or "showq" or "postlog" ? "n" : "-";
                var isUnprivileged = name == "virtual" ? "n" : "-";
                services.Append(CultureInfo.InvariantCulture, $"{name} {type} {isPrivate} {isUnprivileged} n {wake} {limit} {program}\n");
            }

            await File.WriteAllTextAsync(Path.Combine(folder.Path, "etc", "master.cf"), services.ToString());
            await RunAsync("postfix", "-c", Path.Combine(folder.Path, "etc"), "start");
            return postfix;
        }

        public List<string> Mail(string mailbox)
        {
            var folder = Path.Combine(_root, "mail", mailbox, "new");
            return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Select(static file => File.ReadAllText(file))] : [];
        }

        public string Log() => File.ReadAllText(Path.Combine(_root, "data", "log"));

        public async ValueTask DisposeAsync() => await RunAsync("postfix", "-c", Path.Combine(_root, "etc"), "stop");

        private static async Task<string> RunAsync(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            process.ExitCode.ShouldBe(0, await error + output);
            return output;
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint UserId();
}
