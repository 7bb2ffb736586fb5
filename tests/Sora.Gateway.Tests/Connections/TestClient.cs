using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Sora.Testing;

namespace Sora.Gateway.Tests.Connections;

/// <summary>A client over a real socket. Text is Latin-1, so that every byte is a character.</summary>
internal sealed class TestClient : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream;
    private Stream? _plain; // below the compression
    private int _start;
    private int _end;

    private TestClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    public Socket Socket => _socket;

    public static async Task<TestClient> ConnectAsync(IPEndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server);
        return new TestClient(socket);
    }

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text)).AsTask().WaitAsync(Wait.Deadline);

    public async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(Wait.Deadline);

    /// <summary>The next line without its CRLF; null at the end of the stream.</summary>
    public async Task<string?> LineAsync()
    {
        while (true)
        {
            var newline = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (newline >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, newline);
                _start += newline + 2;
                return line;
            }

            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            int count;
            try
            {
                count = await _stream.ReadAsync(_buffer.AsMemory(_end)).AsTask().WaitAsync(Wait.Deadline);
            }
            catch (IOException)
            {
                count = 0;
            }

            if (count == 0)
                return null;
            _end += count;
        }
    }

    /// <summary>The last line before the end of the stream; null when there is none.</summary>
    public async Task<string?> LastLineAsync()
    {
        string? last = null;
        while (await LineAsync() is { } line)
            last = line;
        return last;
    }

    /// <summary>
    /// Plays a transcript: "C: " lines are sent with CRLF (those in a row in one write), "S: " lines must come, where a trailing "*"
    /// stands for any rest. "C. " sends without CRLF; "S! " is the end of the connection.
    /// </summary>
    public async Task PlayAsync(string transcript)
    {
        var toSend = new StringBuilder();
        foreach (var row in transcript.ReplaceLineEndings("\n").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var step = row.TrimStart();
            if (step.StartsWith("C: ", StringComparison.Ordinal) || step is "C:")
            {
                toSend.Append(step.Length > 3 ? step[3..] : "").Append("\r\n");
                continue;
            }

            if (step.StartsWith("C. ", StringComparison.Ordinal))
            {
                toSend.Append(step[3..]);
                continue;
            }

            await SendPendingAsync(toSend);
            var expected = step.StartsWith("S!", StringComparison.Ordinal) ? null : step.Length > 3 ? step[3..] : "";
            var actual = await LineAsync();
            if (expected is not null && expected.EndsWith('*') && actual is not null)
                actual.ShouldStartWith(expected[..^1]);
            else
                actual.ShouldBe(expected, step);
        }

        await SendPendingAsync(toSend);
    }

    public async Task<SslStream> StartTlsAsync(params string[] alpn)
    {
        // The certificate is the server's own making: no authority vouches for it
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=mail.example.org");
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = alpn.Length == 0 ? null : [.. alpn.Select(name => new SslApplicationProtocol(name))],
        }).WaitAsync(Wait.Deadline);
        _stream = tls;
        return tls;
    }

    /// <summary>Sends an IMAP command and gives the lines up to the one that has its tag.</summary>
    /// <param name="tag">That of the command before, whose continuation this is; null when the line begins with one.</param>
    public async Task<List<string>> CommandAsync(string line, string? tag = null)
    {
        tag ??= line[..line.IndexOf(' ', StringComparison.Ordinal)];
        await SendAsync(line + "\r\n");
        var lines = new List<string>();
        while (lines.Count == 0 || !lines[^1].StartsWith(tag + " ", StringComparison.Ordinal))
            lines.Add(await LineAsync() ?? throw new IOException("The server has closed the connection"));
        return lines;
    }

    /// <summary>TLS as the test wants it.</summary>
    public async Task<SslStream> StartTlsAsync(SslClientAuthenticationOptions options)
    {
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(options).WaitAsync(Wait.Deadline);
        _stream = tls;
        return tls;
    }

    /// <summary>From here on both directions are DEFLATE streams (RFC 4978).</summary>
    public DeflatedStream StartDeflate()
    {
        var deflated = new DeflatedStream(_stream);
        (_plain, _stream) = (_stream, deflated);
        return deflated;
    }

    /// <summary>Both directions are as they were before <see cref="StartDeflate"/>.</summary>
    public void StopDeflate() => _stream = _plain!;

    public void Dispose() => _stream.Dispose();

    private async Task SendPendingAsync(StringBuilder text)
    {
        if (text.Length == 0)
            return;
        await SendAsync(text.ToString());
        text.Clear();
    }
}
