using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Reads bodies where they are staged, as far as this machine can: its own files, the database, staged objects.</summary>
internal sealed class StagedCopies(StagedBodyStore store, BodyReading reading, StorageOptions options, string dataFolder)
{
    private const string IdentityFile = ".node";
    private const int PieceSize = 1024 * 1024;

    private readonly string _folder = options.StagingFolder ?? Path.Combine(dataFolder, "staging");
    private string? _node;

    /// <summary>A folder for files that are gone when this process is.</summary>
    public string TemporaryFolder => Directory.Exists(_folder) ? _folder : Path.GetTempPath();

    /// <summary>It is a file of another node.</summary>
    public bool IsElsewhere(StagedCopy copy) => copy.Node is { } node && node != Node;

    public static string PlaceOf(StagedCopy copy) => copy.IsInDatabase
        ? FormattableString.Invariant($"staged body {copy.Id} (in the database)")
        : copy.IsObject ? FormattableString.Invariant($"staged body {copy.Id} ({ObjectKey.Staged(copy.Hash)})")
            : FormattableString.Invariant($"staged body {copy.Id} (file {copy.Path} of node {copy.Node})");

    /// <summary>Whether a copy is there and, as far as that can be seen without reading it, whole.</summary>
    public BodyRead? Look(StagedCopy copy)
    {
        if (copy.IsInDatabase || copy.IsObject)
            return new BodyRead(null, null);
        var file = new FileInfo(Path.Combine(_folder, copy.Path!));
        if (!file.Exists)
            return null;
        return new BodyRead(file.Length == copy.Size ? null : $"it has {file.Length} bytes instead of {copy.Size}", null);
    }

    /// <summary>Reads a copy that is not elsewhere; null when it is not there.</summary>
    public async Task<BodyRead?> ReadAsync(StagedCopy copy, Stream? target, CancellationToken cancellationToken)
    {
        if (copy.IsObject)
            return await reading.ReadAsync(ObjectKey.Staged(copy.Hash), 0, null, copy.Hash, copy.Size, target, cancellationToken);
        try
        {
            await using Stream plain = copy.IsInDatabase
                ? new PieceStream(store, copy.Id)
                : new FileStream(Path.Combine(_folder, copy.Path!), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await reading.CopyAsync(plain, copy.Hash, copy.Size, target, cancellationToken);
            return new BodyRead(null, null) { IsWhole = true };
        }
        catch (BodyDamagedException e)
        {
            return new BodyRead(e.Message, null) { IsWhole = true };
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or PieceStream.GoneException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException && !copy.IsInDatabase)
        {
            return new BodyRead($"it cannot be read: {e.Message}", null);
        }
    }

    private string? Node
    {
        get
        {
            var file = Path.Combine(_folder, IdentityFile);
            return _node ??= File.Exists(file) ? File.ReadAllText(file).Trim() : null;
        }
    }

    /// <summary>A body in the database, read a piece at a time.</summary>
    private sealed class PieceStream(StagedBodyStore store, long id) : PullStream
    {
        private ReadOnlyMemory<byte> _piece;
        private long _position;

        public override int Read(Span<byte> buffer) => throw new NotSupportedException();

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_piece.IsEmpty)
            {
                _piece = await store.ReadPieceAsync(id, _position, PieceSize, cancellationToken) ?? throw new GoneException();
                _position += _piece.Length;
            }

            var count = Math.Min(buffer.Length, _piece.Length);
            _piece[..count].CopyTo(buffer);
            _piece = _piece[count..];
            return count;
        }

        /// <summary>It is not staged any more.</summary>
        internal sealed class GoneException : Exception;
    }
}
