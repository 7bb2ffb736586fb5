using System.Security.Cryptography;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>An answer that carries bytes of an object.</summary>
/// <param name="Length">How many there are to come.</param>
/// <param name="ETag">S3's word for the version of the object.</param>
/// <param name="Answer">Holds the connection.</param>
internal sealed record S3Body(Stream Bytes, long Length, string? ETag, IDisposable Answer) : IDisposable
{
    public void Dispose()
    {
        try
        {
            Bytes.Dispose();
            Answer.Dispose();
        }
        catch (AmazonClientException)
        {
            // The SDK compares what it has read with the ETag too, when nobody reads any more
        }
    }
}

/// <summary>
/// The bytes of an object as they come. When the connection stalls or breaks, it is read on where it broke off. A whole object is compared with its
/// ETag where that is an MD5, so that what was changed on the way is no damage of the object.
/// </summary>
internal sealed class S3ReadStream : Stream
{
    private readonly S3Calls _calls;
    private readonly S3Options _options;
    private readonly ILogger _logger;
    private readonly string _name;
    private readonly Func<long, string?, CancellationToken, Task<S3Body?>> _readOn;
    private readonly IncrementalHash? _md5;
    private readonly byte[]? _expected;
    private S3Body _body;
    private long _position;
    private int _failures;

    /// <param name="isWhole">The body is the whole object.</param>
    /// <param name="readOn">Opens it again, after so many bytes and only when it still has this ETag; null when it has gone.</param>
    public S3ReadStream(
        S3Calls calls, S3Options options, ILogger logger, string name, S3Body body, bool isWhole, Func<long, string?, CancellationToken, Task<S3Body?>> readOn)
    {
        _calls = calls;
        _options = options;
        _logger = logger;
        _name = name;
        _body = body;
        _readOn = readOn;
        Length = body.Length;
        if (isWhole && body.Length > 0 && (_expected = ETags.Md5Of(body.ETag, options)) is not null)
            _md5 = ETags.NewMd5();
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count) =>
#pragma warning disable VSTHRD002 // whoever reads without waiting has no other thread that it could hold up
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position == Length)
            return 0;
        while (true)
        {
            var failure = default(S3Exception);
            using (var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
            {
                limit.CancelAfter(_options.IdleTimeout);
                try
                {
                    var piece = buffer[..(int)Math.Min(buffer.Length, Length - _position)];
                    var count = await _body.Bytes.ReadAsync(piece, limit.Token).ConfigureAwait(false);
                    if (count > 0)
                        return Take(piece.Span[..count]);
                    failure = new S3Exception(S3Trouble.Outage, $"S3 ended the body of {_name} after {_position} of {Length} bytes");
                }
                catch (AmazonClientException e)
                {
                    throw new S3Exception(S3Trouble.Damaged, $"{_name} was changed on its way from S3", e);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is not S3Exception)
                {
                    failure = S3Failure.Translate(e, $"read on in {_name}", limit.IsCancellationRequested);
                    if (failure is null)
                        throw;
                }
            }

            await _calls.CountFailureAsync(S3Group.Get, failure).ConfigureAwait(false);
            if (_failures++ >= _options.Retries)
                throw failure;
            Log.ReadOn(_logger, _name, _position, failure);
            _body.Dispose();
            _body = await _readOn(_position, _body.ETag, cancellationToken).ConfigureAwait(false)
                ?? throw new S3Exception(S3Trouble.Refused, $"{_name} was deleted while it was read");
            if (_body.Length != Length - _position)
                throw new S3Exception(S3Trouble.Damaged, $"S3 has {_body.Length} bytes of {_name} to read on, not {Length - _position}");
        }
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _body.Dispose();
            _md5?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Take(ReadOnlySpan<byte> piece)
    {
        _position += piece.Length;
        _calls.Metrics.Received(piece.Length);
        _md5?.AppendData(piece);
        if (_position == Length && _md5 is not null && !_md5.GetHashAndReset().AsSpan().SequenceEqual(_expected))
            throw new S3Exception(S3Trouble.Damaged, $"{_name} was changed on its way from S3");
        return piece.Length;
    }
}
