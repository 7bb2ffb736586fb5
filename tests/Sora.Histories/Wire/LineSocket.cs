using System.Net.Sockets;
using System.Text;

namespace Sora.Histories.Wire;

/// <summary>Lines over TCP. Every failure, and silence beyond the patience, is a <see cref="ConnectionLostException"/>.</summary>
internal sealed class LineSocket : IDisposable
{
    private const int LongestLine = 64 << 20;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly TimeSpan _patience;
    private readonly byte[] _buffer = new byte[32 * 1024];
    private readonly MemoryStream _line = new();
    private int _start;
    private int _end;

    private LineSocket(TimeSpan patience) => _patience = patience;

    public static async Task<LineSocket> ConnectAsync(Endpoint endpoint, TimeSpan patience)
    {
        var line = new LineSocket(patience);
        try
        {
            if (endpoint.From is { } from)
                line._socket.Bind(new System.Net.IPEndPoint(from, 0));
            await line.WithinAsync(async limit => await line._socket.ConnectAsync(endpoint.Address, limit), patience);
            return line;
        }
        catch
        {
            line.Dispose();
            throw;
        }
    }

    public Task WriteAsync(string text) => WriteAsync(Encoding.Latin1.GetBytes(text));

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => WithinAsync(
        async limit =>
        {
            for (var rest = bytes; !rest.IsEmpty; rest = rest[await _socket.SendAsync(rest, limit)..])
            {
                // Sent on the way to the next
            }
        },
        _patience);

    /// <summary>One line without its CRLF; literals of IMAP (RFC 9051 section 4.3) are part of it, with the CRLF before them.</summary>
    public async Task<string> ReadAsync(TimeSpan? patience = null, bool literals = true)
    {
        _line.SetLength(0);
        while (true)
        {
            var from = (int)_line.Length;
            await ReadLineAsync(patience ?? _patience);
            if (!literals || LiteralOf(from) is not { } length)
                return Encoding.Latin1.GetString(_line.GetBuffer(), 0, (int)_line.Length);
            _line.Write("\r\n"u8);
            for (var rest = length; rest > 0;)
            {
                if (_start == _end)
                    await FillAsync(_patience);
                var count = Math.Min(rest, _end - _start);
                _line.Write(_buffer, _start, count);
                _start += count;
                rest -= count;
            }
        }
    }

    /// <summary>Something waits to be read, or does within this time.</summary>
    public async Task<bool> HasMoreAsync(TimeSpan within)
    {
        if (_start < _end)
            return true;
        try
        {
            await FillAsync(within);
            return true;
        }
        catch (ConnectionLostException e) when (e.InnerException is OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadLineAsync(TimeSpan patience)
    {
        while (true)
        {
            if (_start == _end)
                await FillAsync(patience);
            var part = _buffer.AsSpan(_start, _end - _start);
            var end = part.IndexOf((byte)'\n');
            _line.Write(end < 0 ? part : part[..(end + 1)]);
            _start = end < 0 ? _end : _start + end + 1;
            if (_line.Length > LongestLine)
                throw new ConnectionLostException("A line without an end");
            if (end < 0)
                continue;
            var length = (int)_line.Length;
            if (length < 2 || _line.GetBuffer()[length - 2] != '\r')
                throw new ConnectionLostException("A line without CR");
            _line.SetLength(length - 2);
            return;
        }
    }

    private int? LiteralOf(int from)
    {
        var line = _line.GetBuffer().AsSpan(from, (int)_line.Length - from);
        if (line.Length < 3 || line[^1] != '}' || line.LastIndexOf((byte)'{') is not (>= 0 and var open))
            return null;
        return int.TryParse(line[(open + 1)..^1], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var length) ? length : null;
    }

    private async Task FillAsync(TimeSpan patience)
    {
        _start = _end = 0;
        await WithinAsync(async limit => _end = await _socket.ReceiveAsync(_buffer, limit), patience);
        if (_end == 0)
            throw new ConnectionLostException("The server closed the connection");
    }

    private async Task WithinAsync(Func<CancellationToken, Task> action, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        try
        {
            await action(limit.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new ConnectionLostException($"Nothing for {patience}", e);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new ConnectionLostException(e.Message, e);
        }
    }
}
