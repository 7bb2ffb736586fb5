using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>
/// Opens bodies that are files of this machine, and checks their hash before the first byte is given away. A larger file that was checked and
/// has not changed since is not read again, so that a client may fetch it piece by piece.
/// </summary>
internal sealed class VerifiedFiles
{
    /// <summary>Up to this size reading a body again costs less than to remember it.</summary>
    private const int SmallSize = 64 * 1024;

    /// <summary>Up to this size a body is read into memory once, beyond it twice.</summary>
    private const int WholeSize = 2 * 1024 * 1024;

    private const int MostRemembered = 8192;

    private readonly Lock _lock = new();
    private readonly HashSet<Verified> _verified = [];
    private readonly Queue<Verified> _order = new();

    /// <summary>Opens a body; null when there is no such file.</summary>
    /// <exception cref="BodyDamagedException">The file is not what was stored.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public async ValueTask<IMessageBody?> OpenAsync(string path, ObjectKey key, long size, ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }

        var keepsOpen = false;
        try
        {
            BodyHash.CheckSize(RandomAccess.GetLength(file), size);
            var verified = new Verified(key, size, size > SmallSize ? File.GetLastWriteTimeUtc(file).Ticks : 0);
            if (size <= SmallSize)
                return ReadSmall(file, key, (int)size, prefix);
            if (!IsKnown(verified))
            {
                var body = size <= WholeSize ? await ReadWholeAsync(file, key, (int)size, prefix, cancellationToken) : null;
                if (body is null)
                    await Task.Run(() => BodyHash.Check(file, key.Hash, size), cancellationToken);
                Remember(verified);
                if (body is not null)
                    return body;
            }

            keepsOpen = true;
            return new FileBody(prefix, file, size);
        }
        finally
        {
            if (!keepsOpen)
                file.Dispose();
        }
    }

    private static MemoryBody ReadSmall(SafeFileHandle file, ObjectKey key, int size, ReadOnlyMemory<byte> prefix)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var position = 0;
            while (position < size && RandomAccess.Read(file, buffer.AsSpan(position, size - position), position) is > 0 and var count)
                position += count;
            BodyHash.Check(buffer.AsSpan(0, position), key.Hash, size);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        return new MemoryBody(prefix, buffer, size, isPooled: true);
    }

    private static async ValueTask<MemoryBody> ReadWholeAsync(
        SafeFileHandle file, ObjectKey key, int size, ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            var position = 0;
            while (position < size)
            {
                var count = await RandomAccess.ReadAsync(file, buffer.AsMemory(position, size - position), position, cancellationToken);
                if (count == 0)
                    break;
                position += count;
            }

            BodyHash.Check(buffer.AsSpan(0, position), key.Hash, size);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }

        return new MemoryBody(prefix, buffer, size, isPooled: true);
    }

    private bool IsKnown(Verified file)
    {
        lock (_lock)
            return _verified.Contains(file);
    }

    private void Remember(Verified file)
    {
        lock (_lock)
        {
            if (!_verified.Add(file))
                return;
            _order.Enqueue(file);
            if (_order.Count > MostRemembered)
                _verified.Remove(_order.Dequeue());
        }
    }

    private readonly record struct Verified(ObjectKey Key, long Size, long Written);
}
