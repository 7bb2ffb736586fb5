using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Sora.Gateway.Connections;

/// <summary>
/// The transport's two pipes as the one stream that <see cref="System.Net.Security.SslStream"/> wants. Neither pipe is completed by it.
/// </summary>
/// <param name="waiting">Called before it waits because the client has sent nothing more.</param>
internal sealed class DuplexPipeStream(PipeReader input, PipeWriter output, Action? waiting = null) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>An empty buffer waits until there is something to read: nothing is rented for a connection that is silent.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // Called for each record of TLS, or 8 KiB of DEFLATE
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            if (waiting is null || !input.TryRead(out var result))
            {
                waiting?.Invoke();
                result = await input.ReadAsync(cancellationToken);
            }

            var available = result.Buffer;
            var count = (int)Math.Min(available.Length, buffer.Length);
            var end = available.GetPosition(count);
            available.Slice(0, end).CopyTo(buffer.Span);
            input.AdvanceTo(end);
            if (count > 0 || result.IsCompleted || (buffer.IsEmpty && !available.IsEmpty))
                return count;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await output.WriteAsync(buffer, cancellationToken);
        if (result.IsCompleted)
            throw new IOException("The connection is closed");
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
