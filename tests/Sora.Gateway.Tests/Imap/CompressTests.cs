using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Imap;

/// <summary>COMPRESS=DEFLATE (RFC 4978).</summary>
[Collection("imap")]
public sealed class CompressTests(ImapFixture fixture)
{
    [Fact]
    public async Task Everything_after_the_ok_is_compressed()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync($$"""
            C: a COMPRESS DEFLATE
            S: a BAD Log in first
            C: b LOGIN {{user.Address}} secret
            S: b OK [CAPABILITY … COMPRESS=DEFLATE …] …
            C: c COMPRESS LZMA
            S: c BAD …
            C: d COMPRESS
            S: d BAD …
            C: e compress deflate
            S: e OK …
            """);
        client.Socket.StartDeflate();
        await client.PlayAsync("""
            C: f COMPRESS DEFLATE
            S: f BAD [COMPRESSIONACTIVE] …
            C: g CAPABILITY
            C: h SELECT INBOX
            S: …
            S: g OK …
            S: * FLAGS …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: …
            S: * OK [MAILBOXID (…)] Stays through RENAME
            S: h OK [READ-WRITE] …
            C: i APPEND INBOX {17}
            S: + …
            C: Subject: x
            C: 
            C: y
            C: 
            S: * 1 EXISTS
            S: * 1 RECENT
            S: i OK …
            C: j LOGOUT
            S: * BYE …
            S: j OK …
            S!
            """);
    }

    [Fact]
    public async Task Capability_is_gone_once_it_is_active()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("COMPRESS DEFLATE");
        client.Socket.StartDeflate();
        (await client.DoAsync("CAPABILITY"))[0].ShouldNotContain("COMPRESS");
    }

    [Fact]
    public async Task It_goes_on_top_of_tls()
    {
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        await client.PlayAsync("""
            C: a STARTTLS
            S: a OK …
            """);
        await client.Socket.StartTlsAsync("imap");
        await client.PlayAsync($$"""
            C: b LOGIN {{user.Address}} secret
            S: b OK …
            C: c COMPRESS DEFLATE
            S: c OK …
            """);
        client.Socket.StartDeflate();
        await user.DeliverAsync("Subject: x\n\n" + string.Concat(Enumerable.Repeat("line of a long message\n", 20_000)));
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("FETCH 1 BODY.PEEK[TEXT]")).Count.ShouldBe(20_002);
        await client.PlayAsync("""
            C: d LOGOUT
            S: * BYE …
            S: d OK …
            S!
            """);
    }

    [Fact]
    public async Task Large_answers_become_small_and_follow_one_another()
    {
        var user = await fixture.UserAsync();
        var text = string.Concat(Enumerable.Range(0, 8_000).Select(static i => $"line {i % 100} of a long message\n"));
        await user.DeliverAsync("Subject: x\n\n" + text);
        using var client = await user.LogInAsync("COMPRESS DEFLATE");
        var deflated = client.Socket.StartDeflate();
        await client.DoAsync("SELECT INBOX");
        for (var round = 0; round < 5; round++)
        {
            var before = deflated.Received;
            var lines = await client.DoAsync("FETCH 1 BODY.PEEK[TEXT]");
            string.Join('\n', lines[1..^1]).ShouldBe(text.TrimEnd('\n'));
            (deflated.Received - before).ShouldBeLessThan(text.Length / 5);
            await client.DoAsync("NOOP");
        }
    }

    [Fact]
    public async Task Pushes_reach_a_compressed_client_in_idle()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("COMPRESS DEFLATE");
        client.Socket.StartDeflate();
        await client.PlayAsync("""
            C: a IDLE
            S: + idling
            """);
        await user.DeliverAsync("Subject: 1\n\n1\n");
        await client.PlayAsync("""
            S: * 1 EXISTS
            S: * 1 RECENT
            """);
        await user.DeliverAsync("Subject: 2\n\n2\n");
        await client.PlayAsync("""
            S: * 2 EXISTS
            S: * 2 RECENT
            C: DONE
            S: a OK …
            """);
    }

    [Fact]
    public async Task Commands_sent_in_the_clear_behind_it_are_never_run()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.Socket.SendAsync("a COMPRESS DEFLATE\r\nb CREATE injected\r\n");
        (await client.Socket.LineAsync()).ShouldBe("a OK DEFLATE begins");
        var deflated = client.Socket.StartDeflate();
        (await client.Socket.LineAsync()).ShouldBeNull();
        deflated.Received.ShouldBe(0);
        using var other = await user.LogInAsync();
        (await other.DoAsync("LIST \"\" injected")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Damaged_input_ends_the_connection_and_nothing_else()
    {
        var user = await fixture.UserAsync();
        var random = new Random(4978);
        for (var round = 0; round < 20; round++)
        {
            using var client = await user.LogInAsync("COMPRESS DEFLATE");
            var deflated = client.Socket.StartDeflate();
            await client.DoAsync("NOOP");
            var garbage = new byte[random.Next(1, 4000)];
            random.NextBytes(garbage);
            garbage[0] = 7; // a final block of the reserved type 11
            await deflated.SendPlainAsync(garbage);
            (await client.Socket.LineAsync()).ShouldBeNull();
        }

        using var after = await user.LogInAsync("NOOP");
    }

    [Fact]
    public async Task A_little_that_unpacks_to_very_much_meets_the_same_limits()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("COMPRESS DEFLATE");
        client.Socket.StartDeflate();
        var line = new string('x', 4 * 1024 * 1024);
        for (var i = 0; i < 4; i++)
        {
            await client.Socket.SendAsync("a " + line + "\r\n");
            (await client.Socket.LineAsync())!.ShouldStartWith("a BAD");
        }

        await client.Socket.SendAsync("b APPEND INBOX {99999999+}\r\n" + line);
        (await client.Socket.LineAsync())!.ShouldStartWith("b NO [TOOBIG]");
        (await client.Socket.LineAsync())!.ShouldStartWith("* BYE [TOOBIG]");
        (await client.Socket.LineAsync()).ShouldBeNull();
    }
}
