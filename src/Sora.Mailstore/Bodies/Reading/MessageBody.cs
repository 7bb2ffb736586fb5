using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>A message's prefix followed by its stored body.</summary>
internal abstract class MessageBody(ReadOnlyMemory<byte> prefix, long size) : IMessageBody
{
    public long Length => prefix.Length + size;

    public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Length || buffer.IsEmpty)
            return ValueTask.FromResult(0);
        var copied = 0;
        if (offset < prefix.Length)
        {
            var part = prefix[(int)offset..];
            part = part[..Math.Min(part.Length, buffer.Length)];
            part.CopyTo(buffer);
            copied = part.Length;
            offset += copied;
            buffer = buffer[copied..];
        }

        var position = offset - prefix.Length;
        var count = (int)Math.Min(buffer.Length, size - position);
        return count == 0 ? ValueTask.FromResult(copied) : ReadBodyAsync(position, buffer[..count], copied, cancellationToken);
    }

    public abstract ValueTask DisposeAsync();

    /// <summary>Reads at least one byte of the body; returns the number read plus <paramref name="before"/>.</summary>
    protected abstract ValueTask<int> ReadBodyAsync(long position, Memory<byte> buffer, int before, CancellationToken cancellationToken);
}

/// <summary>A body in memory, which goes back to the pool at the end.</summary>
internal sealed class MemoryBody(ReadOnlyMemory<byte> prefix, byte[] body, int size, bool isPooled) : MessageBody(prefix, size)
{
    private byte[]? _body = body;

    public override ValueTask DisposeAsync()
    {
        var bytes = Interlocked.Exchange(ref _body, null);
        if (isPooled && bytes is not null)
            ArrayPool<byte>.Shared.Return(bytes);
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<int> ReadBodyAsync(long position, Memory<byte> buffer, int before, CancellationToken cancellationToken)
    {
        var bytes = _body ?? throw new ObjectDisposedException(nameof(MemoryBody));
        bytes.AsMemory((int)position, buffer.Length).CopyTo(buffer);
        return ValueTask.FromResult(before + buffer.Length);
    }
}

/// <summary>A body in a file that others read too.</summary>
internal sealed class DownloadedBody(ReadOnlyMemory<byte> prefix, OpenDownloads.Download download, long size) : MessageBody(prefix, size)
{
    private int _isDisposed;

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            download.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<int> ReadBodyAsync(long position, Memory<byte> buffer, int before, CancellationToken cancellationToken) =>
        _isDisposed == 0
            ? FileBody.ReadAsync(download.File, position, buffer, before, cancellationToken)
            : throw new ObjectDisposedException(nameof(DownloadedBody));
}

/// <summary>A body in a file that was checked. The file may lose its name meanwhile.</summary>
internal sealed class FileBody(ReadOnlyMemory<byte> prefix, SafeFileHandle file, long size) : MessageBody(prefix, size)
{
    public override ValueTask DisposeAsync()
    {
        file.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override ValueTask<int> ReadBodyAsync(long position, Memory<byte> buffer, int before, CancellationToken cancellationToken) =>
        ReadAsync(file, position, buffer, before, cancellationToken);

    /// <summary>Reads at least one byte of a file; returns the number read plus <paramref name="before"/>.</summary>
    public static async ValueTask<int> ReadAsync(SafeFileHandle file, long position, Memory<byte> buffer, int before, CancellationToken cancellationToken)
    {
        try
        {
            var count = await RandomAccess.ReadAsync(file, buffer, position, cancellationToken);
            return count > 0 ? before + count : throw new BodyUnavailableException("The stored message has become shorter", temporary: false);
        }
        catch (IOException e)
        {
            throw new BodyUnavailableException("The stored message cannot be read", temporary: true, e);
        }
    }
}
