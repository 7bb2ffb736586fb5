using System.Globalization;
using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

internal readonly record struct LmtpReply(int Code, string Text)
{
    public bool IsPositive => Code / 100 is 2 or 3;
}

/// <summary>A strict LMTP client (RFC 2033).</summary>
internal sealed class LmtpClient : IDisposable
{
    private readonly LineConnection _connection;

    private LmtpClient(LineConnection connection) => _connection = connection;

    /// <summary>What LHLO offered.</summary>
    public IReadOnlyList<string> Extensions { get; private set; } = [];

    public static async Task<LmtpClient> ConnectAsync(int port)
    {
        var client = new LmtpClient(await LineConnection.ConnectAsync(port));
        try
        {
            (await client.ReadReplyAsync()).Code.ShouldBe(220);
            var hello = await client.RunAsync("LHLO client.example");
            hello.Code.ShouldBe(250, hello.Text);
            client.Extensions = hello.Text.Split('\n')[1..];
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>One transaction with MAIL, RCPT and DATA in a pipeline: one reply for each recipient, of RCPT when that refused it.</summary>
    public async Task<LmtpReply[]> DeliverAsync(string sender, IReadOnlyList<string> recipients, ReadOnlyMemory<byte> message)
    {
        var commands = new StringBuilder().Append(CultureInfo.InvariantCulture, $"MAIL FROM:<{sender}> SIZE={message.Length}\r\n");
        foreach (var recipient in recipients)
            commands.Append(CultureInfo.InvariantCulture, $"RCPT TO:<{recipient}>\r\n");
        await _connection.WriteAsync(commands.Append("DATA\r\n").ToString());
        var mail = await ReadReplyAsync();
        var replies = new LmtpReply[recipients.Count];
        for (var i = 0; i < replies.Length; i++)
            replies[i] = await ReadReplyAsync();
        var data = await ReadReplyAsync();
        if (data.Code != 354)
        {
            // Nothing was accepted; all the same MAIL may have been, and the next transaction must find an empty one
            Array.Exists(replies, static reply => reply.IsPositive).ShouldBeFalse($"MAIL {mail}, DATA {data}");
            (await RunAsync("RSET")).Code.ShouldBe(250);
            return mail.IsPositive ? replies : [.. replies.Select(_ => mail)];
        }

        mail.Code.ShouldBe(250, mail.Text);
        await WriteMessageAsync(message);
        for (var i = 0; i < replies.Length; i++)
        {
            if (replies[i].IsPositive)
                replies[i] = await ReadReplyAsync();
        }

        return replies;
    }

    /// <summary>Delivers to one recipient, which must succeed.</summary>
    public async Task DeliverAsync(string recipient, ReadOnlyMemory<byte> message)
    {
        var reply = (await DeliverAsync("sender@example.org", [recipient], message))[0];
        reply.Code.ShouldBe(250, reply.Text);
    }

    public async Task<LmtpReply> RunAsync(string command)
    {
        await _connection.WriteAsync(command + "\r\n");
        return await ReadReplyAsync();
    }

    /// <summary>Sends a message after DATA; the replies follow.</summary>
    public Task WriteMessageAsync(ReadOnlyMemory<byte> message) => _connection.WriteAsync(DotStuffed(message.Span));

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => _connection.WriteAsync(bytes);

    /// <summary>A reply with all its lines, joined by line feeds (RFC 5321 section 4.2.1).</summary>
    public async Task<LmtpReply> ReadReplyAsync()
    {
        var text = new List<string>();
        while (true)
        {
            var line = Encoding.UTF8.GetString(await _connection.ReadLineAsync());
            (line.Length >= 4 && line[3] is ' ' or '-').ShouldBeTrue("no reply line: " + line);
            var code = int.Parse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture);
            text.Add(line[4..]);
            if (line[3] == ' ')
                return new LmtpReply(code, string.Join('\n', text));
        }
    }

    public void Dispose() => _connection.Dispose();

    private static byte[] DotStuffed(ReadOnlySpan<byte> message)
    {
        var stuffed = new MemoryStream(message.Length + 64);
        while (!message.IsEmpty)
        {
            if (message[0] == '.')
                stuffed.WriteByte((byte)'.');
            var end = message.IndexOf("\r\n"u8);
            (end >= 0).ShouldBeTrue("a message ends in CRLF");
            stuffed.Write(message[..(end + 2)]);
            message = message[(end + 2)..];
        }

        stuffed.Write(".\r\n"u8);
        return stuffed.ToArray();
    }
}
