using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Sora.Testing;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>The server closed the connection.</summary>
internal sealed class ConnectionEndedException(Exception? inner = null) : IOException("The server closed the connection", inner);

/// <summary>A connection on which lines end in CRLF and nothing else, and no answer takes longer than the patience.</summary>
internal sealed class LineConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private Stream _stream;
    private int _start;
    private int _end;

    private LineConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>Longest wait for bytes, or for room to send them.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(40);

    /// <summary>In PEM, once TLS is spoken.</summary>
    public string ServerCertificate { get; private set; } = "";

    /// <param name="from">The client's address, one of this machine; null for whichever the system takes.</param>
    public static async Task<LineConnection> ConnectAsync(int port, bool tls = false, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (from is not null)
                socket.Bind(new IPEndPoint(from, 0));
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port));
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new LineConnection(socket);
        if (tls)
            await connection.StartTlsAsync();
        return connection;
    }

    public async Task StartTlsAsync()
    {
        (_end - _start).ShouldBe(0, "the server sent something before the handshake");
        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",

            // Self-made: there is nobody to ask whether it is the right one
            RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
        });
        ServerCertificate = ((X509Certificate2)tls.RemoteCertificate!).ExportCertificatePem();
        _stream = tls;
    }

    /// <summary>From here on both directions are compressed.</summary>
    public void StartDeflate()
    {
        (_end - _start).ShouldBe(0, "the server sent something before the compressed stream");
        _stream = new DeflatedStream(_stream, System.IO.Compression.CompressionLevel.Fastest);
    }

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await _stream.WriteAsync(bytes, limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"The server took no bytes for {Patience}", e);
        }
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>One line without its CRLF.</summary>
    public async Task<byte[]> ReadLineAsync()
    {
        var line = new MemoryStream();
        while (true)
        {
            if (_start == _end)
                await FillAsync();
            var part = _buffer.AsSpan(_start, _end - _start);
            var end = part.IndexOf((byte)'\n');
            line.Write(end < 0 ? part : part[..(end + 1)]);
            _start = end < 0 ? _end : _start + end + 1;
            if (end < 0)
                continue;
            var bytes = line.ToArray();
            (bytes.Length >= 2 && bytes[^2] == '\r').ShouldBeTrue("a line without CR: " + Encoding.UTF8.GetString(bytes));
            return bytes[..^2];
        }
    }

    public async Task ReadExactlyAsync(Memory<byte> target)
    {
        while (!target.IsEmpty)
        {
            if (_start == _end)
                await FillAsync();
            var count = Math.Min(target.Length, _end - _start);
            _buffer.AsMemory(_start, count).CopyTo(target);
            _start += count;
            target = target[count..];
        }
    }

    /// <summary>Reads and drops everything until the server closes the connection; returns its last bytes.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var last = "";
        try
        {
            while (true)
            {
                last += Encoding.Latin1.GetString(_buffer, _start, _end - _start);
                last = last.Length > 2000 ? last[^2000..] : last;
                _start = _end;
                await FillAsync();
            }
        }
        catch (IOException)
        {
            return last;
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Closes with a reset, as a client that crashed.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _stream.Dispose();
    }

    private async Task FillAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            _start = 0;
            _end = 0;
            _end = await _stream.ReadAsync(_buffer, limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"The server said nothing for {Patience}", e);
        }
        catch (IOException e)
        {
            throw new ConnectionEndedException(e);
        }

        if (_end == 0)
            throw new ConnectionEndedException();
    }
}
