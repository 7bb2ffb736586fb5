using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class BdatTests
{
    [Fact]
    public async Task Chunks_of_any_bytes_make_one_message()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("C: MAIL FROM:<> BODY=BINARYMIME\nC: RCPT TO:<ada@example.org>\nS: 250 *\nS: 250 *\nC: DATA\nS: 503 5.5.1 *");
        await client.SendAsync("BDAT 9\r\na\r\n.\r\nb\0\u00ffBDAT 0\r\nbdat 3 last\r\n..\nNOOP\r\n");
        await client.PlayAsync("S: 250 2.0.0 9 bytes received\nS: 250 2.0.0 0 bytes received\nS: 250 2.0.0 <ada@example.org> *\nS: 250 2.0.0 OK");
        lmtp.Store.Arrivals.Single().Body.ShouldBe("a\r\n.\r\nb\0\u00ff..\n");
    }

    [Fact]
    public async Task A_message_is_the_same_however_chunks_and_segments_are_cut()
    {
        const string message = "Subject: x\r\n\r\n..dots\r\n.\r\nand\rlone\nends\0\r\n";
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        for (var cut = 0; cut <= message.Length; cut++)
        {
            await client.SendAsync($"MAIL FROM:<>\r\nRCPT TO:<ada@example.org>\r\nBDAT {cut}\r\n{message[..(cut / 2)]}");
            await client.PlayAsync("S: 250 *\nS: 250 *");
            await client.SendAsync($"{message[(cut / 2)..cut]}BDAT {message.Length - cut} LAST\r\n{message[cut..]}");
            await client.PlayAsync($"S: 250 2.0.0 {cut} bytes received\nS: 250 2.0.0 <ada@example.org> *");
            lmtp.Store.Arrivals.TryDequeue(out var arrival).ShouldBeTrue();
            arrival!.Body.ShouldBe(message);
        }
    }

    [Theory]
    [InlineData("BDAT")]
    [InlineData("BDAT x")]
    [InlineData("BDAT -1")]
    [InlineData("BDAT 1x")]
    [InlineData("BDAT 1 LAS")]
    [InlineData("BDAT 99999999999999999999 LAST")]
    public async Task A_chunk_needs_a_size(string command)
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync($"C: MAIL FROM:<>\nC: RCPT TO:<ada@example.org>\nC: {command}\nS: 250 *\nS: 250 *\nS: 501 5.5.4 *");
    }

    [Fact]
    public async Task Octets_of_a_refused_chunk_are_not_commands()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.SendAsync("BDAT 6 LAST\r\nQUIT\r\nNOOP\r\nMAIL FROM:<>\r\nRCPT TO:<nobody@example.org>\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n");
        await client.PlayAsync("S: 503 5.5.1 *\nS: 250 2.0.0 OK\nS: 250 2.1.0 *\nS: 550 *\nS: 503 5.5.1 *\nS: 250 2.0.0 OK");
    }

    [Fact]
    public async Task Between_chunks_only_chunks_and_rset_go_on()
    {
        await using var lmtp = await LmtpFixture.StartAsync();
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync("""
            C: MAIL FROM:<>
            C: RCPT TO:<ada@example.org>
            C: BDAT 1
            C. a
            S: 250 *
            S: 250 *
            S: 250 *
            C: DATA
            S: 503 *
            C: RCPT TO:<bob@example.org>
            S: 503 *
            C: MAIL FROM:<>
            S: 503 *
            C: NOOP
            S: 250 *
            C: RSET
            S: 250 *
            C: BDAT 0 LAST
            S: 503 *
            """);
        lmtp.Store.Arrivals.ShouldBeEmpty();
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }
}
