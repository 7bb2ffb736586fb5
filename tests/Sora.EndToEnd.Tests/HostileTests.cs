using System.Globalization;
using System.Net.NetworkInformation;
using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// Clients that mean harm, or are broken. Each is answered with a protocol error or a closed connection; the server lives, its memory is
/// bounded, and the next client is served.
/// </summary>
public sealed class HostileTests(HostileTests.Fixture fixture) : IClassFixture<HostileTests.Fixture>, IAsyncLifetime
{
    /// <summary>What the server's process may ever have used; a server that keeps what the tests send would need many times this.</summary>
    private const long MemoryBound = 512L * 1024 * 1024;

    private const string Head = "From: a@example.org\r\nSubject: x\r\nMIME-Version: 1.0\r\n";

    /// <summary>Beginnings that never come to an end, or are no protocol at all.</summary>
    private static readonly (Port Port, string Text)[] Garbage =
    [
        (Port.Imap, "a LOGIN {99999999999}\r\n"),
        (Port.Imap, "a LOGIN {99999999999+}\r\n"),
        (Port.Imap, "a LOGIN {4294967296+}\r\n"),
        (Port.Imap, "a LOGIN {18446744073709551616+}\r\n"),
        (Port.Imap, "a LOGIN {-1}\r\n"),
        (Port.Imap, "a LOGIN {1000000+}\r\n"),
        (Port.Imap, "a LOGIN \0\0\0 \0\r\n"),
        (Port.Imap, "\0\0\0\0\r\n\0\r\n"),
        (Port.Imap, "\r\n\r\n\r\n"),
        (Port.Imap, "a\r\n"),
        (Port.Imap, "* OK * OK\r\n"),
        (Port.Imap, "a LOGIN \"\u0080\u00ff\" \"x\r\n"),
        (Port.Imap, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        (Port.Imap, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
        (Port.Imap, "a SEARCH " + "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((" + "\r\n"),
        (Port.Lmtp, "LHLO \0\0\0\r\n"),
        (Port.Lmtp, "\0\0\0\0\0\r\n"),
        (Port.Lmtp, "\r\n\r\n\r\n"),
        (Port.Lmtp, "LHLO\r\n"),
        (Port.Lmtp, "LHLO x\r\nMAIL FROM:<" + "a@b>\r\nRCPT TO:<\u00ff\u00fe@example.com>\r\nDATA\r\n"),
        (Port.Lmtp, "LHLO x\r\nBDAT 99999999999999999999\r\n"),
        (Port.Lmtp, "LHLO x\r\nMAIL FROM:<a@b> SIZE=99999999999999999999\r\n"),
        (Port.Lmtp, "LHLO x\r\nBDAT 4294967296 LAST\r\nabc"),
        (Port.Lmtp, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
        (Port.Lmtp, "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
        (Port.Lmtp, "LHLO x\nMAIL FROM:<a@b>\n"),
    ];

    private readonly SoraProcess _sora = fixture.Sora;
    private readonly string _user = fixture.NextAccount();

    public enum Port
    {
        Lmtp,
        Imap,
    }

    /// <summary>After each test the server must serve, and not have grown.</summary>
    public async Task DisposeAsync()
    {
        _sora.HasExited.ShouldBeFalse(_sora.Output);
        using (var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort))
            await lmtp.DeliverAsync(_user, TestMail.Make(999_999));
        using (var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password))
            TestMail.NumberOf(await imap.FetchAsync(imap.View.Uids[^1], "BODY.PEEK[]")).ShouldBe(999_999);
        using (var imaps = await ImapClient.ConnectAsync(_sora.ImapsPort, tls: true))
            await imaps.OkAsync("LOGOUT");
        Signals.MemoryOf(_sora.Pid, "VmHWM").ShouldBeLessThan(MemoryBound);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public async Task What_is_no_protocol_ends_in_an_error_or_a_close() =>
        await Task.WhenAll(Garbage.Select(async one =>
        {
            using var connection = await ConnectAsync(one.Port);
            await connection.WriteAsync(Encoding.Latin1.GetBytes(one.Text));
            var answer = await connection.ReadToEndAsync();

            // The greeting comes from us; all that may follow are refusals, requests to go on and the timeout's last word
            answer.ShouldNotContain(one.Port == Port.Imap ? "a OK" : "250 2.1.5", Case.Sensitive, one.Text);
        }));

    [Theory]
    [InlineData(Port.Imap, "a LOGIN ", "BAD")]
    [InlineData(Port.Lmtp, "MAIL FROM:<", "500")]
    public async Task An_endless_line_is_refused_without_being_kept(Port port, string begin, string refusal)
    {
        using var connection = await ConnectAsync(port);
        await connection.WriteAsync(begin);
        var block = new byte[1024 * 1024];
        block.AsSpan().Fill((byte)'x');
        var sent = 0;
        try
        {
            for (; sent < 200; sent++)
                await connection.WriteAsync(block);
            await connection.WriteAsync("\r\n");
        }
        catch (IOException)
        {
            // It has closed the connection, as it may
        }

        var answer = await connection.ReadToEndAsync();
        (sent < 200 || answer.Contains(refusal, StringComparison.Ordinal)).ShouldBeTrue(answer);
    }

    [Fact]
    public async Task Half_a_message_and_silence_ends_by_timeout_and_leaves_nothing()
    {
        using var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        (await lmtp.RunAsync("MAIL FROM:<a@example.org>")).Code.ShouldBe(250);
        (await lmtp.RunAsync($"RCPT TO:<{_user}>")).Code.ShouldBe(250);
        (await lmtp.RunAsync("DATA")).Code.ShouldBe(354);
        await lmtp.WriteAsync("Subject: half\r\n\r\nno end"u8.ToArray());
        (await lmtp.ReadReplyAsync()).Code.ShouldBe(421);
        using var bdat = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        (await bdat.RunAsync("MAIL FROM:<a@example.org>")).Code.ShouldBe(250);
        (await bdat.RunAsync($"RCPT TO:<{_user}>")).Code.ShouldBe(250);
        await bdat.WriteAsync("BDAT 1000 LAST\r\nSubject: half\r\n\r\n"u8.ToArray());
        (await bdat.ReadReplyAsync()).Code.ShouldBe(421);
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        imap.View.Uids.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("nested multiparts")]
    [InlineData("nested messages")]
    [InlineData("many parts")]
    public async Task Ten_thousand_parts_are_stored_and_described_within_bounds(string kind)
    {
        var message = kind switch
        {
            "nested multiparts" => Nested(static i => $"Content-Type: multipart/mixed; boundary=\"b{i}\"\r\n\r\n--b{i}\r\n"),
            "nested messages" => Nested(static _ => "Content-Type: message/rfc822\r\n\r\n"),
            _ => Encoding.ASCII.GetBytes(Head + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
                + string.Concat(Enumerable.Repeat("--b\r\nContent-Type: text/plain; name=x\r\n\r\npart\r\n", 10_000)) + "--b--\r\n"),
        };
        using (var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort))
            await lmtp.DeliverAsync(_user, message);
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        var structure = (await imap.OkAsync("FETCH 1 (BODYSTRUCTURE BODY ENVELOPE)")).Of("FETCH").Single();
        structure.Item("BODYSTRUCTURE")!.Kind.ShouldBe(ImapValueKind.List);
        structure.Item("BODY")!.Kind.ShouldBe(ImapValueKind.List);
        await imap.OkAsync("SEARCH BODY nothing-of-this");
        (await imap.FetchAsync(imap.View.Uids[0], "BODY.PEEK[]")).AsSpan().EndsWith(message).ShouldBeTrue();
        var part = string.Join('.', Enumerable.Repeat("1", 5000));
        await imap.RunAsync($"FETCH 1 BODY.PEEK[{part}]");
    }

    [Theory]
    [InlineData("SEARCH ", "(", "ALL", ")", 5000)]
    [InlineData("SEARCH ", "NOT ", "ALL", "", 5000)]
    [InlineData("SEARCH ", "OR ALL ", "ALL", "", 5000)]
    [InlineData("FETCH 1 ", "(", "FLAGS", ")", 5000)]
    [InlineData("LIST \"\" ", "(", "*", ")", 5000)]
    [InlineData("LIST \"\" ", "", "x", "*%", 5000)]
    public async Task Deep_commands_are_answered(string name, string open, string middle, string close, int depth)
    {
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        var answer = await imap.RunAsync(name + Repeat(open) + middle + Repeat(close));
        answer.Tagged.Status.ShouldBeOneOf("OK", "NO", "BAD");
        await imap.OkAsync("NOOP");
        string Repeat(string text) => string.Concat(Enumerable.Repeat(text, depth));
    }

    [Fact]
    public async Task Nuls_and_bare_line_ends_in_a_message_come_back_as_they_came_or_are_refused()
    {
        var message = Encoding.Latin1.GetBytes(Head + "\r\na\0b\0\0\r\nbare\rcarriage\nfeed\r\n\u00ff\u0080\r\n");
        using var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        var reply = (await lmtp.DeliverAsync("a@example.org", [_user], message))[0];
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        if (!reply.IsPositive)
        {
            reply.Code.ShouldBeInRange(500, 599);
            imap.View.Uids.ShouldBeEmpty();
            return;
        }

        // A NUL cannot be in an IMAP4rev1 literal (RFC 3501 section 4.3); a BINARY one, or anything that keeps the length, is fine
        var stored = await imap.FetchAsync(imap.View.Uids.Single(), "BODY.PEEK[]");
        var sizes = await imap.FetchAsync(imap.View.Uids.Single(), "RFC822.SIZE");
        int.Parse(Encoding.ASCII.GetString(sizes), CultureInfo.InvariantCulture).ShouldBe(stored.Length);
        stored.AsSpan().EndsWith((byte[])[0xff, 0x80, (byte)'\r', (byte)'\n']).ShouldBeTrue();
    }

    [Fact]
    public async Task Nothing_but_a_dot_between_crlfs_ends_a_message()
    {
        // Where another server took "LF . LF" for the end, the rest would be a second message of the client's choice (SMTP smuggling)
        using var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        (await lmtp.RunAsync("MAIL FROM:<a@example.org>")).Code.ShouldBe(250);
        (await lmtp.RunAsync($"RCPT TO:<{_user}>")).Code.ShouldBe(250);
        (await lmtp.RunAsync("DATA")).Code.ShouldBe(354);
        const string Smuggled = "MAIL FROM:<evil@example.org>\r\n";
        var message = Head + $"\r\na\n.\n{Smuggled}b\n.\r\n{Smuggled}c\r\n.\n{Smuggled}d\r.\r{Smuggled}e\r\n";
        await lmtp.WriteAsync(Encoding.ASCII.GetBytes(message + ".\r\n"));
        var reply = await lmtp.ReadReplyAsync();
        (await lmtp.RunAsync("NOOP")).Code.ShouldBe(250, "more than one reply");
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        imap.View.Uids.Count.ShouldBe(reply.IsPositive ? 1 : 0);
        if (reply.IsPositive)
            Encoding.ASCII.GetString(await imap.FetchAsync(imap.View.Uids[0], "BODY.PEEK[]")).ShouldContain("evil");
    }

    [Theory]
    [InlineData("CREATE \"\u00ff\u00fe\"")]
    [InlineData("CREATE \u0080\u0081")]
    [InlineData("CREATE {4+}\r\n\u00c0\u0080ab")]
    [InlineData("CREATE {3+}\r\na\0b")]
    [InlineData("CREATE \"&AAAA-\"")]
    [InlineData("CREATE \"&ZZZZ\"")]
    [InlineData("CREATE \"a//b\"")]
    [InlineData("CREATE \"\"")]
    [InlineData("SELECT \"\u00ff\"")]
    [InlineData("APPEND \"\u00ff\" {1+}\r\nx")]
    public async Task Mailbox_names_that_are_none_are_refused(string command)
    {
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        using var connection = await LoggedInAsync();
        await connection.WriteAsync(Encoding.Latin1.GetBytes("x " + command + "\r\n"));
        string line;
        do
        {
            line = Encoding.UTF8.GetString(await connection.ReadLineAsync());
        }
        while (!line.StartsWith("x ", StringComparison.Ordinal));
        line[2..].Split(' ')[0].ShouldBeOneOf("NO", "BAD");
        await connection.WriteAsync("y NOOP\r\n");
        Encoding.UTF8.GetString(await connection.ReadLineAsync()).ShouldStartWith("y OK");
    }

    [Fact]
    public async Task A_mailbox_name_in_utf_8_works()
    {
        using var imap = await ImapClient.LoginAsync(_sora.ImapPort, _user, fixture.Password);
        await imap.OkAsync("ENABLE IMAP4rev2");
        await imap.OkAsync("CREATE \"Entw\u00fcrfe \u65e5\u672c\"");
        (await imap.OkAsync("LIST \"\" \"Entw*\"")).Of("LIST").Single().Values[^1].Text.ShouldBe("Entw\u00fcrfe \u65e5\u672c");
        using var old = await ImapClient.LoginAsync(_sora.ImapPort, _user, fixture.Password);
        (await old.OkAsync("LIST \"\" \"Entw*\"")).Of("LIST").Single().Values[^1].Text.ShouldBe("Entw&APw-rfe &ZeVnLA-");
    }

    [Theory]
    [InlineData(Port.Imap)]
    [InlineData(Port.Lmtp)]
    public async Task A_hundred_thousand_commands_without_reading_an_answer(Port port)
    {
        const int Commands = 100_000;
        using var connection = port == Port.Imap ? await LoggedInAsync() : await ConnectAsync(port);
        var commands = new StringBuilder();
        for (var i = 1; i <= Commands; i++)
            commands.Append(port == Port.Imap ? $"n{i} NOOP\r\n" : "NOOP\r\n");
        var sending = connection.WriteAsync(commands.ToString());

        // As much as the server takes; it may have stopped to read until we do
        await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(1)));
        if (port == Port.Lmtp)
            (await connection.ReadLineAsync()).AsSpan().StartsWith("220"u8).ShouldBeTrue();
        for (var i = 1; i <= Commands; i++)
        {
            var line = await connection.ReadLineAsync();
            line.AsSpan().StartsWith(port == Port.Imap ? Encoding.ASCII.GetBytes($"n{i} OK") : "250"u8).ShouldBeTrue();
        }

        await sending;
    }

    [Fact]
    public async Task A_client_that_never_reads_is_cut_off()
    {
        using var imap = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, fixture.Password);
        await imap.AppendAsync("INBOX", TestMail.Make(1, 10_000_000));
        using var connection = await LoggedInAsync();
        await connection.WriteAsync("s SELECT INBOX\r\n" + string.Concat(Enumerable.Repeat("f FETCH 1 BODY.PEEK[]\r\n", 500)));

        // The connection ends although we read nothing of 5 GB: seen from the server's side, by its number of open sockets
        await Eventually.WaitAsync(() => OpenConnections() == 1);
    }

    [Fact]
    public async Task Thousands_of_connections_come_and_go()
    {
        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, 150).Select(async i =>
            {
                using var connection = await LineConnection.ConnectAsync((i % 3) switch { 0 => _sora.LmtpPort, 1 => _sora.ImapPort, _ => _sora.ImapsPort });
                if (i % 2 == 0)
                    connection.Reset();
            }));
        }

        await Eventually.WaitAsync(() => OpenConnections() == 0);
    }

    [Fact]
    public async Task Garbage_instead_of_tls_closes_the_connection()
    {
        foreach (var text in new[] { "a NOOP\r\n", "\u0016\u0003\u0001\u00ff\u00ff" + new string('x', 70_000), "\u0080\0\0\0" })
        {
            using var connection = await LineConnection.ConnectAsync(_sora.ImapsPort);
            try
            {
                await connection.WriteAsync(Encoding.Latin1.GetBytes(text));
            }
            catch (IOException)
            {
                // Closed before it took everything
            }

            await connection.ReadToEndAsync();
        }

        // Silence, too
        using var silent = await LineConnection.ConnectAsync(_sora.ImapsPort);
        (await silent.ReadToEndAsync()).ShouldBe("");
    }

    [Theory]
    [InlineData(Port.Imap)]
    [InlineData(Port.Lmtp)]
    public async Task Commands_sent_before_the_handshake_are_not_run_after_it(Port port)
    {
        using var connection = await ConnectAsync(port);
        await connection.ReadLineAsync();
        if (port == Port.Lmtp)
        {
            await connection.WriteAsync("LHLO x\r\n");
            while ((await connection.ReadLineAsync())[3] == '-')
            {
            }
        }

        await connection.WriteAsync(port == Port.Imap ? "a STARTTLS\r\nb NOOP\r\n" : "STARTTLS\r\nNOOP\r\n");
        var answer = Encoding.ASCII.GetString(await connection.ReadLineAsync());
        if (!answer.StartsWith("a OK", StringComparison.Ordinal) && !answer.StartsWith("220", StringComparison.Ordinal))
            return;
        try
        {
            await connection.StartTlsAsync();
            await connection.WriteAsync(port == Port.Imap ? "c NOOP\r\n" : "VRFY x\r\n");
            var first = Encoding.ASCII.GetString(await connection.ReadLineAsync());
            first.ShouldStartWith(port == Port.Imap ? "c " : "252");
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // Closed: right as well
        }
    }

    private static byte[] Nested(Func<int, string> level)
    {
        var message = new StringBuilder(Head);
        for (var i = 0; i < 10_000; i++)
            message.Append(level(i));
        return Encoding.ASCII.GetBytes(message.Append("\r\ntext\r\n").ToString());
    }

    private Task<LineConnection> ConnectAsync(Port port) => LineConnection.ConnectAsync(port == Port.Imap ? _sora.ImapPort : _sora.LmtpPort);

    private async Task<LineConnection> LoggedInAsync()
    {
        var connection = await ConnectAsync(Port.Imap);
        await connection.ReadLineAsync();
        await connection.WriteAsync($"a LOGIN {_user} {fixture.Password}\r\n");
        string line;
        do
        {
            line = Encoding.UTF8.GetString(await connection.ReadLineAsync());
        }
        while (!line.StartsWith("a ", StringComparison.Ordinal));
        line.ShouldStartWith("a OK");
        return connection;
    }

    /// <summary>Connections that the server's side still holds on its mail ports.</summary>
    private int OpenConnections()
    {
        var ports = new[] { _sora.LmtpPort, _sora.ImapPort, _sora.ImapsPort };
        var sockets = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections();
        return sockets.Count(socket => ports.Contains(socket.LocalEndPoint.Port)
            && socket.State is TcpState.Established or TcpState.CloseWait);
    }

    /// <summary>A server whose timeouts are short.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private int _taken;

        internal SoraProcess Sora { get; private set; } = null!;

        internal string Password => SharedServer.Password;

        public async Task InitializeAsync()
        {
            Sora = await SoraProcess.StartAsync(
                "lmtp.command_timeout=2s",
                "lmtp.data_timeout=2s",
                "imap.login_timeout=3s",
                "imap.auth_failure_delay=0s",
                "connections.handshake_timeout=2s",
                "connections.write_timeout=3s",
                "database.embedded_server.durable=false");
            await Sora.CreateAccountsAsync(Password, [.. Enumerable.Range(1, 50).Select(static i => $"user{i}@example.com")]);
        }

        public async Task DisposeAsync() => await Sora.DisposeAsync();

        internal string NextAccount() => string.Create(CultureInfo.InvariantCulture, $"user{Interlocked.Increment(ref _taken)}@example.com");
    }
}
