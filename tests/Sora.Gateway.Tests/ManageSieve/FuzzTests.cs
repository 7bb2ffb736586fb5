using System.Text;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.ManageSieve.Wire;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

[Collection("managesieve")]
public sealed class FuzzTests(ManageSieveFixture sieve)
{
    private static readonly string[] Pieces =
    [
        "CAPABILITY\r\n", "NOOP\r\n", "NOOP \"x\"\r\n", "NOOP {3+}\r\nabc\r\n", "NOOP {3}\r\nabc\r\n", "NOOP {0+}\r\n\r\n", "NOOP {70000+}\r\n", "NOOP {99999999999+}\r\n",
        "PUTSCRIPT \"a\" \"keep;\"\r\n", "PUTSCRIPT \"a\" {6+}\r\nkeep;\n\r\n", "PUTSCRIPT {1+}\r\na {5+}\r\nstop;\r\n", "SETACTIVE \"a\"\r\n", "SETACTIVE \"\"\r\n", "GETSCRIPT \"a\"\r\n",
        "DELETESCRIPT \"a\"\r\n", "RENAMESCRIPT \"a\" \"b\"\r\n", "RENAMESCRIPT \"b\" \"a\"\r\n", "LISTSCRIPTS\r\n", "CHECKSCRIPT \"x\"\r\n", "HAVESPACE \"a\" 5\r\n", "UNAUTHENTICATE\r\n",
        "AUTHENTICATE \"PLAIN\" \"", "AUTHENTICATE \"PLAIN\"\r\n", "\"*\"\r\n", "STARTTLS ", "\"", "\\", "{", "+}", "{5+}", "\r\n", "\r", "\n", " ", "\0", "\u00ff\u00c3", "()", "abc", "é",
    ];

    /// <summary>Whatever is sent, each line of a command gets an end, and the session ends when the client's side does.</summary>
    [Fact]
    public async Task Any_input_is_answered_and_no_session_hangs()
    {
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions
        {
            MaxBadCommands = 10_000, MaxLiteral = Configuration.ByteSize.KiB(64), MaxSkippedLiteral = Configuration.ByteSize.KiB(64),
        });
        var address = await sieve.AddressAsync();
        var random = new Random(11);
        for (var round = 0; round < 120; round++)
        {
            var input = new StringBuilder(round % 3 == 0 ? "" : $"AUTHENTICATE \"PLAIN\" \"{ManageSieveFixture.Plain(address)}\"\r\n");
            for (var n = random.Next(1, 50); n > 0; n--)
                input.Append(Pieces[random.Next(Pieces.Length)]);
            var text = input.ToString();
            if (round % 4 == 0)
                text = text[..random.Next(text.Length)];
            using var client = await gateway.ConnectAsync();
            await client.SendAsync(text);
            client.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            while (await client.LineAsync() is { } line)
                line.ShouldNotContain("Internal error", Case.Sensitive, text);
        }

        await Wait.UntilAsync(() => gateway.Listeners.OpenConnections == 0, "the sessions' end");
        using var next = await sieve.LogInAsync(address, gateway);
    }

    [Fact]
    public void The_parser_reads_anything_without_another_exception()
    {
        var alphabet = "\"\\{}+0123456789 abc\r\n\0\u00ff\u00e4";
        var random = new Random(5);
        for (var round = 0; round < 20_000; round++)
        {
            var command = new byte[random.Next(60)];
            for (var i = 0; i < command.Length; i++)
                command[i] = (byte)alphabet[random.Next(alphabet.Length)];
            try
            {
                var parser = new ManageSieveParser(command);
                parser.Name();
                while (parser.TrySpace())
                {
                    switch (random.Next(4))
                    {
                        case 0:
                            parser.String();
                            break;
                        case 1:
                            parser.Number();
                            break;
                        case 2:
                            parser.SieveName();
                            break;
                        default:
                            parser.ActiveSieveName();
                            break;
                    }
                }

                parser.End();
            }
            catch (ManageSieveSyntaxException e)
            {
                e.Message.ShouldNotBeEmpty();
            }
        }
    }
}
