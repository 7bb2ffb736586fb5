using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Sora.Bench.Wire;

/// <summary>
/// One client connection: a socket, TLS where asked for, and a read buffer that hands out lines. Not safe for concurrent reads
/// or concurrent writes; one reader beside one writer is fine.
/// </summary>
internal sealed class MailConnection : IDisposable
{
    /// <summary>The longest line accepted; a SEARCH answer naming a million messages is 7 MB.</summary>
    private const int MaxLineLength = 32 << 20;

    private readonly Socket _socket;
    private readonly long _timeoutTicks;
    private SslStream? _tls;
    private byte[] _buffer;
    private int _start;
    private int _end;
    private long _deadline = long.MaxValue;
    private bool _aborted;

    private MailConnection(Socket socket, TimeSpan timeout, int bufferSize)
    {
        _socket = socket;
        _timeoutTicks = (long)(timeout.TotalSeconds * Stopwatch.Frequency);
        _buffer = new byte[bufferSize];
    }

    /// <summary>The Stopwatch timestamp at which the watchdog closes the connection.</summary>
    public long Deadline => Volatile.Read(ref _deadline);

    public long BytesReceived { get; private set; }

    /// <summary>When bytes last arrived, as a Stopwatch timestamp: taken before anything is parsed.</summary>
    public long LastReceive { get; private set; }

    /// <summary>When bytes first arrived after the last write; 0 as long as none did.</summary>
    public long FirstReceive { get; private set; }

    public static async Task<MailConnection> ConnectAsync(
        IPEndPoint endPoint, bool tls, TimeSpan timeout, CancellationToken cancellationToken, int bufferSize = 16 * 1024)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(timeout);
            await socket.ConnectAsync(endPoint, limit.Token);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        var connection = new MailConnection(socket, timeout, bufferSize);
        Watchdog.Shared.Watch(connection);
        try
        {
            if (tls)
            {
                await connection.StartTlsAsync(cancellationToken);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Begins TLS. Any certificate will do: the servers under test have self-made ones.</summary>
    public async Task StartTlsAsync(CancellationToken cancellationToken)
    {
        if (_start != _end)
        {
            throw new IOException("the server sent bytes ahead of the TLS handshake");
        }

        var tls = new SslStream(new NetworkStream(_socket, ownsSocket: false), leaveInnerStreamOpen: false);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
#pragma warning disable CA5359 // There is no identity to verify: the server under test made its certificate itself
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
        };
        Arm();
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellationToken);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }

        Disarm();
        _tls = tls;
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        FirstReceive = 0;
        Arm();
        try
        {
            if (_tls is { } tls)
            {
                await tls.WriteAsync(bytes);
            }
            else
            {
                while (bytes.Length > 0)
                {
                    bytes = bytes[await _socket.SendAsync(bytes, SocketFlags.None)..];
                }
            }
        }
        catch (Exception exception) when (_aborted)
        {
            throw new TimeoutException("the server did not take what was sent to it in time", exception);
        }
        finally
        {
            Disarm();
        }
    }

    /// <summary>The next line without its end; the memory is valid until the next read.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync()
    {
        var scanned = 0;
        while (true)
        {
            var at = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (at >= 0)
            {
                var length = scanned + at;
                var line = _buffer.AsMemory(_start, length);
                _start += length + 1;
                return length > 0 && line.Span[^1] == '\r' ? line[..^1] : line;
            }

            scanned = _end - _start;
            await FillAsync();
        }
    }

    /// <summary>Reads past <paramref name="count"/> bytes: a literal that nobody wants to see.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SkipAsync(long count)
    {
        while (count > 0)
        {
            if (_start == _end)
            {
                await FillAsync();
            }

            var taken = (int)Math.Min(count, _end - _start);
            _start += taken;
            count -= taken;
        }
    }

    /// <summary>Closes the socket under whoever is waiting on it.</summary>
    public void Abort()
    {
        _aborted = true;
        _socket.Dispose();
    }

    public void Dispose()
    {
        Watchdog.Shared.Forget(this);
        _tls?.Dispose();
        _socket.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask FillAsync()
    {
        MakeRoom();
        Arm();
        int count;
        try
        {
            var free = _buffer.AsMemory(_end);
            count = _tls is { } tls ? await tls.ReadAsync(free) : await _socket.ReceiveAsync(free, SocketFlags.None);
        }
        catch (Exception exception) when (_aborted)
        {
            throw new TimeoutException("the server did not answer in time", exception);
        }
        finally
        {
            Disarm();
        }

        if (count == 0)
        {
            throw new EndOfStreamException("the server closed the connection");
        }

        LastReceive = Stopwatch.GetTimestamp();
        if (FirstReceive == 0)
        {
            FirstReceive = LastReceive;
        }

        BytesReceived += count;
        _end += count;
    }

    private void MakeRoom()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }
        else if (_end == _buffer.Length && _start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }
        else if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxLineLength)
            {
                throw new IOException("the server sent a line beyond all reason");
            }

            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
    }

    private void Arm() => Volatile.Write(ref _deadline, Stopwatch.GetTimestamp() + _timeoutTicks);

    private void Disarm() => Volatile.Write(ref _deadline, long.MaxValue);
}
