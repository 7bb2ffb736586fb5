using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Sora.Gateway.Connections;

/// <summary>
/// A connection whose two directions are DEFLATE streams (RFC 1951, RFC 4978). What was written is whole for the client after each flush. The
/// compressor, which takes about 300 KiB, lives only while there is something to send: when the session waits for its client it is given up, and the
/// next one begins a new block that refers to nothing before it. The decompressor, with a window of 32 KiB that the client may refer to at any time, has
/// to stay.
/// </summary>
internal sealed class CompressedStream : Stream
{
    /// <summary>So few bytes are sent as they are, in a stored block, when there is no compressor at hand.</summary>
    private const int MaxStored = 256;

    private readonly DeflateStream _inflate;
    private readonly DuplexPipeStream _source;
    private readonly ZLibCompressionOptions _level;
    private DeflateStream? _deflate;
    private Sink? _sink;

    /// <param name="input">What the client sends.</param>
    /// <param name="output">What the client gets.</param>
    /// <param name="level">1 to 9.</param>
    public CompressedStream(PipeReader input, PipeWriter output, int level)
    {
        Input = input;
        Output = output;
        _level = new ZLibCompressionOptions { CompressionLevel = level };
        _source = new DuplexPipeStream(input, output, ReleaseCompressor);
        _inflate = new DeflateStream(_source, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <summary>The compressed input.</summary>
    public PipeReader Input { get; }

    /// <summary>The compressed output.</summary>
    public PipeWriter Output { get; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">The connection broke, or what the client sends is not DEFLATE.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // Called for each 8 KiB of a message
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _inflate.ReadAsync(buffer, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            throw new IOException("The client's DEFLATE stream is damaged", e);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_deflate is null && buffer.Length <= MaxStored)
        {
            WriteStored(buffer.Span);
            return ValueTask.CompletedTask;
        }

        _sink ??= new Sink(Output);
        _deflate ??= new DeflateStream(_sink, _level, leaveOpen: true);
        return _deflate.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_deflate is not null)
            await _deflate.FlushAsync(cancellationToken);
        if ((await Output.FlushAsync(cancellationToken)).IsCompleted)
            throw new IOException("The connection is closed");
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        ReleaseCompressor();
        await _inflate.DisposeAsync();
        await _source.DisposeAsync();
        await base.DisposeAsync();
    }

    // All it had is flushed and ends at a byte; what it would add is the end of the stream, which does not come yet.
    private void ReleaseCompressor()
    {
        if (_deflate is null)
            return;
        _sink!.Discards = true;
        _deflate.Dispose();
        _deflate = null;
        _sink = null;
    }

    // BFINAL = 0 and BTYPE = 00 in a byte of their own, the length and its complement, the bytes (RFC 1951 section 3.2.4)
    private void WriteStored(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        Span<byte> head = stackalloc byte[5];
        head[0] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(head[1..], (ushort)bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(head[3..], (ushort)~bytes.Length);
        Output.Write(head);
        Output.Write(bytes);
    }

    /// <summary>Takes what the compressor makes. Nothing is sent before the stream is flushed.</summary>
    private sealed class Sink(PipeWriter output) : Stream
    {
        /// <summary>The compressor is being given up.</summary>
        public bool Discards { get; set; }

        public override bool CanRead => false;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (!Discards)
                output.Write(buffer);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        {
            Write(buffer.AsSpan(offset, count));
            return Task.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
