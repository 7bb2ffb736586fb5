using System.Buffers;
using System.Text;

namespace Sora.Bench.Wire;

/// <summary>One LMTP session (RFC 2033); MAIL, RCPT and DATA go out together where the server offers PIPELINING.</summary>
internal sealed class LmtpClient : IAsyncDisposable
{
    private readonly MailConnection _connection;
    private readonly ArrayBufferWriter<byte> _out = new(1024);
    private bool _pipelining;

    private LmtpClient(MailConnection connection) => _connection = connection;

    /// <summary>When the last reply's bytes arrived, as a Stopwatch timestamp.</summary>
    public long LastReceive => _connection.LastReceive;

    public static async Task<LmtpClient> ConnectAsync(Target target, CancellationToken cancellationToken)
    {
        var connection = await MailConnection.ConnectAsync(
            target.RequireLmtp(), tls: false, target.Timeout, cancellationToken, bufferSize: 4096);
        var client = new LmtpClient(connection);
        try
        {
            Expect(await client.ReadReplyAsync(), 220, "the greeting");
            client.Write("LHLO bench.example\r\n");
            await client.SendAsync();
            Expect(await client.ReadReplyAsync(), 250, "LHLO");
            return client;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>
    /// One transaction. <paramref name="message"/> ends in CRLF "." CRLF and is dot-stuffed already.
    /// Returns for how many of the recipients the server took the responsibility.
    /// </summary>
    public async ValueTask<int> DeliverAsync(string sender, IReadOnlyList<string> recipients, ReadOnlyMemory<byte> message)
    {
        Write("MAIL FROM:<" + sender + ">\r\n");
        var mail = _pipelining ? 0 : await SendAndReadAsync();
        var accepted = 0;
        for (var i = 0; i < recipients.Count; i++)
        {
            Write("RCPT TO:<" + recipients[i] + ">\r\n");
            accepted += !_pipelining && await SendAndReadAsync() is >= 200 and < 300 ? 1 : 0;
        }

        Write("DATA\r\n");
        await SendAsync();
        if (_pipelining)
        {
            mail = await ReadReplyAsync();
            for (var i = 0; i < recipients.Count; i++)
            {
                accepted += await ReadReplyAsync() is >= 200 and < 300 ? 1 : 0;
            }
        }

        var data = await ReadReplyAsync();
        if (data != 354)
        {
            return mail is >= 200 and < 500 ? 0 : throw new IOException($"DATA was answered with {data} after MAIL {mail}");
        }

        await _connection.WriteAsync(message);
        var delivered = 0;
        for (var i = 0; i < accepted; i++)
        {
            delivered += await ReadReplyAsync() is >= 200 and < 300 ? 1 : 0;
        }

        return delivered;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            Write("QUIT\r\n");
            await SendAndReadAsync();
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or ObjectDisposedException or System.Net.Sockets.SocketException)
        {
            // Going anyway
        }
        finally
        {
            _connection.Dispose();
        }
    }

    private static void Expect(int reply, int wanted, string what)
    {
        if (reply != wanted)
        {
            throw new IOException($"{what} came with {reply} instead of {wanted}");
        }
    }

    private void Write(string text) => Encoding.ASCII.GetBytes(text, _out);

    private async ValueTask SendAsync()
    {
        await _connection.WriteAsync(_out.WrittenMemory);
        _out.ResetWrittenCount();
    }

    private async ValueTask<int> SendAndReadAsync()
    {
        await SendAsync();
        return await ReadReplyAsync();
    }

    /// <summary>The code of the next reply; its further lines ("250-…") are read past, PIPELINING among them is noted.</summary>
    private async ValueTask<int> ReadReplyAsync()
    {
        while (true)
        {
            var line = await _connection.ReadLineAsync();
            if (line.Length >= 4 && line.Span[4..].SequenceEqual("PIPELINING"u8))
            {
                _pipelining = true;
            }

            if (line.Length < 4 || line.Span[3] != '-')
            {
                return CodeOf(line.Span);
            }
        }
    }

    private static int CodeOf(ReadOnlySpan<byte> line) =>
        line.Length >= 3 && char.IsAsciiDigit((char)line[0]) && char.IsAsciiDigit((char)line[1]) && char.IsAsciiDigit((char)line[2])
            ? ((line[0] - '0') * 100) + ((line[1] - '0') * 10) + (line[2] - '0')
            : throw new IOException("not an LMTP reply: " + Encoding.UTF8.GetString(line));
}
