using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;
using Sora.Relay.Smtp;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

/// <summary>Encryption, logins, and more than one host.</summary>
public sealed class HostTests
{
    [Theory]
    [InlineData(RelayTls.Require)]
    [InlineData(RelayTls.Prefer)]
    [InlineData(RelayTls.Implicit)]
    public async Task Connections_are_encrypted_and_certificates_checked(RelayTls tls)
    {
        using var folder = new TempFolder();
        await using var peer = new SmtpPeer { Certificate = Certificates.Make(), ImplicitTls = tls == RelayTls.Implicit };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = tls;
        fixture.Options.CaFile = folder.File("ca.pem");
        await File.WriteAllTextAsync(fixture.Options.CaFile, peer.Certificate.ExportCertificatePem());
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();

        // RFC 3207 section 4.2: the greeting is said again
        peer.Commands.Take(3).ShouldBe(
            tls == RelayTls.Implicit
                ? ["EHLO sora.example.org", peer.Commands.ElementAt(1), peer.Commands.ElementAt(2)]
                : ["EHLO sora.example.org", "STARTTLS", "EHLO sora.example.org"]);
    }

    [Theory]
    [InlineData("other.example", true)]
    [InlineData("localhost", false)]
    public async Task A_host_whose_certificate_is_not_its_own_gets_nothing(string name, bool isTrusted)
    {
        using var folder = new TempFolder();
        await using var peer = new SmtpPeer { Certificate = Certificates.Make(name) };
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = RelayTls.Require;
        if (isTrusted)
        {
            fixture.Options.CaFile = folder.File("ca.pem");
            await File.WriteAllTextAsync(fixture.Options.CaFile, peer.Certificate.ExportCertificatePem());
        }

        await fixture.EnqueueAsync(Request());
        var worker = fixture.Work();
        await Eventually.WaitAsync(() => peer.Connections > 1);
        await worker.DisposeAsync();
        peer.Messages.ShouldBeEmpty();
        peer.Commands.ShouldNotContain(command => command.StartsWith("MAIL", StringComparison.Ordinal));
        (await fixture.ScalarAsync<string>("SELECT reply_text FROM relay_recipients")).ShouldContain("TLS failed");

        fixture.Options.VerifyCertificate = false;
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(RelayTls.Require, false)]
    [InlineData(RelayTls.Prefer, true)]
    [InlineData(RelayTls.None, true)]
    public async Task A_host_without_STARTTLS_is_used_unless_it_must_have_it(RelayTls tls, bool isUsed)
    {
        await using var peer = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = tls;
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        if (isUsed)
            await fixture.EmptyAsync();
        else
            await Eventually.WaitAsync(() => peer.Connections > 1);
        peer.Messages.Count.ShouldBe(isUsed ? 1 : 0);
    }

    [Fact]
    public async Task What_comes_in_the_clear_after_STARTTLS_is_not_believed()
    {
        await using var peer = new SmtpPeer { Certificate = Certificates.Make() };
        peer.Always("STARTTLS", "220 go on\r\n250 injected");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = RelayTls.Require;
        fixture.Options.VerifyCertificate = false;
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(() => peer.Connections > 1);
        peer.Messages.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("AUTH LOGIN PLAIN")]
    [InlineData("AUTH LOGIN")]
    [InlineData("AUTH PLAIN SCRAM-SHA-256")]
    public async Task It_logs_in_by_the_best_way_that_is_offered(string offer)
    {
        await using var peer = new SmtpPeer { Certificate = Certificates.Make() };
        peer.Extensions.Add(offer);
        var scram = new ScramServer("us=er,\u00FC", "pass\u00FC");
        peer.Always("AUTH PLAIN " + Base64("\0us=er,\u00FC\0pass\u00FC"), "235 2.7.0 ok");
        peer.Always("AUTH PLAIN", "535 5.7.8 no");
        peer.Always("AUTH LOGIN", "334 VXNlcm5hbWU6");
        peer.Always(Base64("us=er,\u00FC"), "334 UGFzc3dvcmQ6");
        peer.Always(Base64("pass\u00FC"), "235 2.7.0 ok");
        peer.Rules.Add(scram.Answer);
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Tls = RelayTls.Require;
        fixture.Options.VerifyCertificate = false;
        (fixture.Options.User, fixture.Options.Password) = ("us=er,\u00FC", "pass\u00FC");
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
        scram.IsDone.ShouldBe(offer.Contains("SCRAM", StringComparison.Ordinal));
        peer.Commands.Count(command => command.StartsWith("AUTH ", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Theory]
    [InlineData("AUTH PLAIN LOGIN", "hides the password")]
    [InlineData("AUTH CRAM-MD5 SCRAM-SHA-256", "does not know the password")]
    [InlineData("SIZE", "no way to log in")]
    public async Task A_password_goes_to_no_one_who_should_not_see_it(string offer, string reason)
    {
        await using var peer = new SmtpPeer { Extensions = ["PIPELINING", offer] };
        peer.Rules.Add(new ScramServer("user", "password") { Forges = true }.Answer);
        await using var fixture = await RelayFixture.StartAsync(peer);
        (fixture.Options.User, fixture.Options.Password) = ("user", "password");
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<string>("SELECT coalesce(reply_text, '') FROM relay_recipients") is { Length: > 0 } text && text.Contains(reason, StringComparison.Ordinal));
        peer.Messages.ShouldBeEmpty();
        peer.Commands.ShouldNotContain(command => command.Contains(Base64("password"), StringComparison.Ordinal) || command.StartsWith("AUTH PLAIN", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_bounces_nothing()
    {
        await using var peer = new SmtpPeer();
        peer.Extensions.Add("AUTH PLAIN");
        peer.On("AUTH", "535 5.7.8 wrong", "535 5.7.8 wrong", "235 ok");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.PlainWithoutTls = true;
        (fixture.Options.User, fixture.Options.Password) = ("user", "password");
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.ShouldHaveSingleItem();
        peer.Connections.ShouldBe(3);
    }

    // The example of RFC 7677 section 3
    [Fact]
    public void SCRAM_answers_as_the_example_does()
    {
        var client = new ScramClient("user", "pencil", "rOprNGfwEbeRWgbNEkqO");
        client.First.ShouldBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
        client.Answer("r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
            .ShouldBe("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
        client.IsServer("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").ShouldBeTrue();
        client.IsServer("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=").ShouldBeFalse();
        client.IsServer("e=other-error").ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("r=other,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=abc,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    [InlineData("r=abcd,s=,i=4096")]
    [InlineData("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=1")]
    [InlineData("r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=2000000000")]
    [InlineData("m=x,r=abcd,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")]
    public void SCRAM_refuses_a_challenge_that_makes_no_sense(string challenge) => new ScramClient("user", "pencil", "abc").Answer(challenge).ShouldBeNull();

    [Fact]
    public async Task The_next_host_takes_over_for_one_that_is_down_and_that_one_is_left_alone()
    {
        await using var second = new SmtpPeer();
        var first = new SmtpPeer();
        var address = first.Address;
        await first.DisposeAsync();
        await using var fixture = await RelayFixture.StartAsync(second);
        fixture.Options.Hosts = [address, second.Address];
        fixture.Options.Retry = fixture.Options.RetryMax = fixture.Options.HostRetry = fixture.Options.HostRetryMax = TimeSpan.FromHours(1);
        for (var i = 0; i < 10; i++)
            await fixture.EnqueueAsync(Request($"{i}"));
        fixture.Work();
        await fixture.EmptyAsync();
        second.Messages.Count.ShouldBe(10);
        (await fixture.ScalarAsync<long>("SELECT count(*) FROM relay_recipients")).ShouldBe(0);
    }

    [Theory]
    [InlineData("MAIL", "451 4.3.0 later")]
    [InlineData("MAIL", "421 4.3.2 closing")]
    [InlineData("RCPT", "close")]
    [InlineData("DATA", "close")]
    [InlineData("EHLO", "421 4.3.2 closing")]
    public async Task The_next_host_takes_over_in_the_midst_of_a_transaction(string where, string answer)
    {
        await using var first = new SmtpPeer();
        first.Always(where, answer);
        await using var second = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(first, second);
        fixture.Options.Retry = fixture.Options.RetryMax = TimeSpan.FromHours(1);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await fixture.EmptyAsync();
        first.Messages.ShouldBeEmpty();
        second.Messages.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task After_the_end_of_the_message_no_other_host_gets_it_because_the_first_may_have_it()
    {
        await using var first = new SmtpPeer { Final = _ => ["close"] };
        await using var second = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(first, second);
        fixture.Options.Retry = fixture.Options.RetryMax = TimeSpan.FromHours(1);
        await fixture.EnqueueAsync(Request());
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT lease IS NULL AND attempts = 1 FROM relay_recipients"));
        second.Connections.ShouldBe(0);
    }

    [Fact]
    public async Task Hosts_take_turns_when_they_are_to()
    {
        await using var first = new SmtpPeer();
        await using var second = new SmtpPeer();
        await using var fixture = await RelayFixture.StartAsync(first, second);
        fixture.Options.Balance = true;
        for (var i = 0; i < 10; i++)
            await fixture.EnqueueAsync(Request($"{i}"));
        fixture.Work();
        await fixture.EmptyAsync();
        (first.Messages.Count, second.Messages.Count).ShouldBe((5, 5));
    }

    [Fact]
    public async Task While_no_host_can_be_reached_messages_are_not_tried_but_what_has_had_its_time_is_given_up()
    {
        var peer = new SmtpPeer();
        var (address, port) = (peer.Address, peer.Port);
        await peer.DisposeAsync();

        // Nobody listens there, and nobody else gets the port either
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, port));
        await using var fixture = await RelayFixture.StartAsync();
        fixture.Options.Hosts = [address];
        fixture.Options.HostRetry = fixture.Options.HostRetryMax = TimeSpan.FromHours(1);
        fixture.Options.Retry = fixture.Options.RetryMax = TimeSpan.FromHours(1); // who asked for work before the host failed does not get the same again
        await fixture.EnqueueAsync(Request("1"));
        fixture.Work();
        await Eventually.WaitAsync(async () => await fixture.ScalarAsync<bool>("SELECT lease IS NULL AND attempts = 1 FROM relay_recipients"));
        await fixture.EnqueueAsync(Request("2"));
        await fixture.EnqueueAsync(Request("3") with { Sender = "", DeliverBy = new RelayDeliverBy(DateTimeOffset.UtcNow, IsReturn: true) });
        await Eventually.WaitAsync(async () => (await fixture.Queue.CountAsync(default)).Recipients == 2);
        (await fixture.ScalarAsync<long>("SELECT sum(attempts) FROM relay_recipients")).ShouldBe(1);
    }

    [Theory]
    [InlineData("mail.example.org", RelayProtocol.Smtp, RelayTls.Require, "mail.example.org", 25)]
    [InlineData("mail.example.org", RelayProtocol.Smtp, RelayTls.Implicit, "mail.example.org", 465)]
    [InlineData("mail.example.org", RelayProtocol.Lmtp, RelayTls.None, "mail.example.org", 24)]
    [InlineData("mail.example.org:587", RelayProtocol.Smtp, RelayTls.Require, "mail.example.org", 587)]
    [InlineData("192.0.2.1:2525", RelayProtocol.Smtp, RelayTls.None, "192.0.2.1", 2525)]
    [InlineData("[2001:db8::1]", RelayProtocol.Smtp, RelayTls.None, "2001:db8::1", 25)]
    [InlineData("[2001:db8::1]:26", RelayProtocol.Smtp, RelayTls.None, "2001:db8::1", 26)]
    public void A_host_has_a_name_and_a_port(string text, RelayProtocol protocol, RelayTls tls, string name, int port)
    {
        HostAddress.TryParse(text, new RelayOptions { Protocol = protocol, Tls = tls }, out var host).ShouldBeTrue();
        host.ShouldBe(new HostAddress(name, port));
    }

    [Theory]
    [InlineData("")]
    [InlineData("mail.example.org:")]
    [InlineData("mail.example.org:0")]
    [InlineData("mail.example.org:65536")]
    [InlineData("a b")]
    [InlineData("[x]")]
    [InlineData("smtp://mail.example.org")]
    public void What_is_no_host_is_refused(string text) => HostAddress.TryParse(text, new RelayOptions(), out _).ShouldBeFalse();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    /// <summary>The server's side, written from RFC 5802 section 3.</summary>
    private sealed class ScramServer(string user, string password)
    {
        private const string Salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
        private string _clientFirst = "";
        private string _serverFirst = "";

        public bool Forges { get; init; }

        public bool IsDone { get; private set; }

        public string? Answer(string line)
        {
            const string begin = "AUTH SCRAM-SHA-256 ";
            if (line.StartsWith(begin, StringComparison.Ordinal))
            {
                _clientFirst = Text(line[begin.Length..])["n,,".Length..];
                _clientFirst.ShouldStartWith($"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r=");
                _serverFirst = $"r={_clientFirst[(_clientFirst.IndexOf(",r=", StringComparison.Ordinal) + 3)..]}server,s={Salt},i=4096";
                return "334 " + Base64(_serverFirst);
            }

            if (_serverFirst.Length == 0)
                return null;
            if (line.Length == 0)
            {
                IsDone = true;
                return "235 2.7.0 ok";
            }

            if (Text(line) is not ['c', '=', ..] final)
                return null;
            var salted = Rfc2898DeriveBytes.Pbkdf2(password, Convert.FromBase64String(Salt), 4096, HashAlgorithmName.SHA256, 32);
            var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
            var message = Encoding.UTF8.GetBytes($"{_clientFirst},{_serverFirst},{final[..final.IndexOf(",p=", StringComparison.Ordinal)]}");
            var signature = HMACSHA256.HashData(SHA256.HashData(clientKey), message);
            var proof = Convert.FromBase64String(final[(final.IndexOf(",p=", StringComparison.Ordinal) + 3)..]);
            if (!proof.Zip(signature, static (p, s) => (byte)(p ^ s)).SequenceEqual(clientKey))
                return "535 5.7.8 no";
            var server = HMACSHA256.HashData(HMACSHA256.HashData(salted, Forges ? "Client Key"u8 : "Server Key"u8), message);
            return "334 " + Base64("v=" + Convert.ToBase64String(server));
        }

        private static string Text(string base64)
        {
            var bytes = new byte[base64.Length];
            return Convert.TryFromBase64String(base64, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : "";
        }
    }
}
