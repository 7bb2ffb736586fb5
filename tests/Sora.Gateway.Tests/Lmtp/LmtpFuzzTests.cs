using System.Text;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.Lmtp;

public sealed class LmtpFuzzTests
{
    private static readonly string[] Pieces =
    [
        "LHLO x\r\n", "MAIL FROM:<>\r\n", "MAIL FROM:<a@b> SIZE=10 BODY=BINARYMIME\r\n", "RCPT TO:<ada@example.org>\r\n", "RCPT TO:<>\r\n", "DATA\r\n", "\r\n.\r\n",
        ".\r\n", "BDAT 5\r\n", "BDAT 3 LAST\r\n", "BDAT 99999999\r\n", "RSET\r\n", "NOOP", "\r\n", "\n", "\r", "\0\0", "<<<>>>", "\u00ff\u00fe", "VRFY x\r\n", "STARTTLS\r\n",
        "HELP\r\n", "abc", " ", ":",
    ];

    [Fact]
    public async Task Any_input_gets_replies_and_the_server_lives()
    {
        await using var lmtp = await LmtpFixture.StartAsync(options => options.MaxErrors = 1000);
        var random = new Random(7);
        for (var round = 0; round < 60; round++)
        {
            using var client = await lmtp.Gateway.ConnectAsync();
            var input = new StringBuilder("LHLO x\r\n");
            for (var n = random.Next(1, 60); n > 0; n--)
                input.Append(Pieces[random.Next(Pieces.Length)]);
            await client.SendAsync(input.ToString());
            client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            for (string? line; (line = await client.LineAsync()) is not null;)
            {
                line.Length.ShouldBeGreaterThan(3, input.ToString());
                line[..3].ShouldAllBe(c => char.IsAsciiDigit(c));
                line.ShouldNotStartWith("421");
            }
        }

        await Wait.UntilAsync(() => lmtp.Gateway.Listeners.OpenConnections == 0, "the sessions' end");
        lmtp.Store.OpenIntakes.ShouldBe(0);
        using var next = await lmtp.ReadyAsync();
    }
}
