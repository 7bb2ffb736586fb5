using System.Globalization;
using System.Text;

namespace Sora.Testing.S3;

internal enum BodyFaultKind
{
    Cut,
    Stall,
    Wrong,
}

/// <summary>What happens in the middle of a body.</summary>
internal sealed record BodyFault(BodyFaultKind Kind, TimeSpan Time);

/// <summary>The head of an HTTP/1.1 request or answer.</summary>
internal sealed class HttpHead
{
    private readonly List<string> _lines;

    public HttpHead(string text)
    {
        _lines = [.. text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)];
        var words = _lines[0].Split(' ');
        Method = words[0];
        Target = words[1];
        Status = int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) ? status : 0;
        if (Uri.TryCreate(Target, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
        {
            // As a client writes it to a proxy: the server is to see what it would see without one
            Target = Target[Target.IndexOf('/', "https://".Length)..];
            _lines[0] = $"{Method} {Target} {words[2]}";
        }

        Length = long.TryParse(Field("Content-Length"), NumberStyles.None, CultureInfo.InvariantCulture, out var length) ? length : 0;
        IsChunked = Field("Transfer-Encoding").Contains("chunked", StringComparison.OrdinalIgnoreCase);
        EndsConnection = Field("Connection").Contains("close", StringComparison.OrdinalIgnoreCase);
    }

    public string Method { get; }

    public string Target { get; }

    public int Status { get; }

    public long Length { get; }

    public bool IsChunked { get; }

    public bool EndsConnection { get; }

    public bool IsBodiless { get; set; }

    public S3Operation Operation
    {
        get
        {
            var mark = Target.IndexOf('?', StringComparison.Ordinal);
            var (path, query) = mark < 0 ? (Target, "") : (Target[..mark], Target[(mark + 1)..]);
            bool Has(string name) => query.Split('&').Any(part => part == name || part.StartsWith(name + '=', StringComparison.Ordinal));
            return Method switch
            {
                "GET" when Has("list-type") => S3Operation.List,
                "GET" when Has("uploads") => S3Operation.ListParts,
                "GET" => S3Operation.Get,
                "HEAD" => S3Operation.Head,
                "POST" when Has("delete") => S3Operation.Delete,
                "POST" when Has("uploads") => S3Operation.BeginParts,
                "POST" => S3Operation.CompleteParts,
                "DELETE" when Has("uploadId") => S3Operation.AbortParts,
                "DELETE" => S3Operation.Delete,
                _ when Field("x-amz-copy-source").Length > 0 => S3Operation.Copy,
                _ when Has("uploadId") => S3Operation.PutPart,
                _ => path.Trim('/').Contains('/', StringComparison.Ordinal) ? S3Operation.Put : S3Operation.Bucket,
            };
        }
    }

    public string Field(string name) =>
        _lines.Skip(1).FirstOrDefault(line => line.StartsWith(name + ':', StringComparison.OrdinalIgnoreCase)) is { } found ? found[(name.Length + 1)..].Trim() : "";

    /// <summary>The proxy answers this itself (RFC 9110 section 10.1.1).</summary>
    public bool RemoveExpect() => _lines.RemoveAll(static line => line.StartsWith("Expect:", StringComparison.OrdinalIgnoreCase)) > 0;

    public byte[] ToBytes() => Encoding.Latin1.GetBytes(string.Join("\r\n", _lines) + "\r\n\r\n");
}

/// <summary>One side of a connection: heads and bodies of HTTP/1.1.</summary>
internal sealed class HttpPipe(Stream stream) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken);
        await stream.FlushAsync(cancellationToken);
    }

    /// <summary>Null when the other side has ended the connection.</summary>
    public async Task<HttpHead?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n\r\n"u8);
            if (found >= 0)
            {
                var head = new HttpHead(Encoding.Latin1.GetString(_buffer, _start, found));
                _start += found + 4;
                return head;
            }

            if (!await FillAsync(cancellationToken))
                return null;
        }
    }

    /// <summary>
    /// Passes the body on that follows a head; how many bytes it had, as a negative number when it was cut (at least one).
    /// </summary>
    /// <param name="to">Where to; null to throw it away.</param>
    public async Task<long> CopyBodyAsync(HttpHead head, HttpPipe? to, BodyFault? fault, CancellationToken cancellationToken)
    {
        if (head.IsBodiless)
            return 0;
        if (!head.IsChunked)
            return await CopyAsync(head.Length, to, fault, head.Length / 2, cancellationToken);
        var total = 0L;
        while (true)
        {
            var line = await ReadLineAsync(cancellationToken);
            var size = long.Parse(line.AsSpan(0, line.AsSpan().IndexOf(';') is >= 0 and var mark ? mark : line.Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (to is not null)
                await to.WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"), cancellationToken);
            var copied = await CopyAsync(size, to, fault, size / 2, cancellationToken);
            if (copied < 0)
                return copied;
            fault = null;
            total += copied;
            _ = await ReadLineAsync(cancellationToken); // trailers do not come from our servers
            if (to is not null)
                await to.WriteAsync("\r\n"u8.ToArray(), cancellationToken);
            if (size == 0)
                return total;
        }
    }

    private async Task<long> CopyAsync(long length, HttpPipe? to, BodyFault? fault, long middle, CancellationToken cancellationToken)
    {
        var copied = 0L;
        while (copied < length)
        {
            if (_start == _end && !await FillAsync(cancellationToken))
                return -Math.Max(copied, 1);
            var count = (int)Math.Min(_end - _start, length - copied);
            if (fault is not null && copied + count > middle)
            {
                var before = (int)(middle - copied);
                if (fault.Kind == BodyFaultKind.Wrong)
                {
                    _buffer[_start + before] ^= 0x01;
                }
                else
                {
                    if (to is not null)
                        await to.WriteAsync(_buffer.AsMemory(_start, before), cancellationToken);
                    if (fault.Kind == BodyFaultKind.Cut)
                        return -Math.Max(middle, 1);
                    (copied, count, _start) = (copied + before, count - before, _start + before);
                    await Task.Delay(fault.Time, cancellationToken);
                }

                fault = null;
            }

            if (to is not null)
                await to.WriteAsync(_buffer.AsMemory(_start, count), cancellationToken);
            copied += count;
            _start += count;
        }

        return copied;
    }

    private async Task<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var found = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (found >= 0)
            {
                var line = Encoding.Latin1.GetString(_buffer, _start, found);
                _start += found + 2;
                return line;
            }

            if (!await FillAsync(cancellationToken))
                throw new IOException("The connection ended within a line");
        }
    }

    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _buffer.Length)
            throw new IOException("A head or line is too long");
        var read = await stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken);
        _end += read;
        return read > 0;
    }
}
