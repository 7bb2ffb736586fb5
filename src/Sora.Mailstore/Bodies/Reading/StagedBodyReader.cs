using System.Security.Cryptography;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>Opens bodies that wait in the database: small ones in memory, large ones through a file that goes when it is closed.</summary>
internal sealed class StagedBodyReader(StagedBodyStore staged, StagingFolder folder)
{
    private const int PieceSize = 1024 * 1024;

    /// <summary>Opens a body; null when it waits there no longer.</summary>
    /// <exception cref="BodyDamagedException">It is not what was stored.</exception>
    public async ValueTask<IMessageBody?> OpenAsync(StagedBody body, ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken)
    {
        if (body.Size > PieceSize)
            return await OpenLargeAsync(body, prefix, cancellationToken);
        if (await staged.ReadPieceAsync(body.Id, 0, PieceSize, cancellationToken) is not { } bytes)
            return null;
        BodyHash.Check(bytes, body.Hash, body.Size);
        return new MemoryBody(prefix, bytes, bytes.Length, isPooled: false);
    }

    private async ValueTask<IMessageBody?> OpenLargeAsync(StagedBody body, ReadOnlyMemory<byte> prefix, CancellationToken cancellationToken)
    {
        var name = folder.FullName("." + RandomNumberGenerator.GetHexString(32, lowercase: true));
        var file = File.OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite);
        var isOpen = false;
        try
        {
            File.Delete(name); // the open file stays until it is closed, whatever happens to this process
            var hasher = new Blake3Hasher();
            for (var position = 0L; position < body.Size;)
            {
                if (await staged.ReadPieceAsync(body.Id, position, PieceSize, cancellationToken) is not { } piece)
                    return null;
                if (piece.Length == 0)
                    BodyHash.CheckSize(position, body.Size);
                hasher.Update(piece);
                await RandomAccess.WriteAsync(file, piece, position, cancellationToken);
                position += piece.Length;
            }

            Check(hasher, body.Hash);
            isOpen = true;
            return new FileBody(prefix, file, body.Size);
        }
        finally
        {
            if (!isOpen)
                file.Dispose();
        }
    }

    private static void Check(Blake3Hasher hasher, ContentHash hash)
    {
        Span<byte> actual = stackalloc byte[Blake3Hasher.HashLength];
        hasher.Finalize(actual);
        BodyHash.Compare(actual, hash);
    }
}
