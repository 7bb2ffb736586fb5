using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>
/// Objects as files, with the first two digits of the hash as a folder: <c>account/ab/abcd…</c>. A file gets its name when its bytes are durable. Many files together
/// pay for two passes over the volume instead of two for each of them.
/// </summary>
public sealed class FilesystemObjectStore : IObjectStore
{
    private const string TemporaryFolder = ".tmp";

    /// <summary>Up to so many objects are made durable one by one, which leaves the volume's other writers alone.</summary>
    private const int FewObjects = 4;

    private readonly string _root;
    private readonly string _temporary;

    /// <param name="root">The folder; it is made when it is not there.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public FilesystemObjectStore(string root)
    {
        _root = Path.GetFullPath(root);
        _temporary = Path.Combine(_root, TemporaryFolder);
        Volume.MakeFolder(_root);
        Volume.MakeFolder(_temporary);
    }

    /// <inheritdoc/>
    public string PathOf(ObjectKey key)
    {
        var name = key.ToString();
        var hash = name.Length - (ContentHash.Length * 2);
        return Path.Join(_root, name.AsSpan(0, hash), name.AsSpan(hash, 2), name.AsSpan(hash));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken) =>
        Task.Run<IReadOnlyList<Exception?>>(() => Put(puts, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        var file = new FileInfo(PathOf(key));
        return ValueTask.FromResult<ObjectInfo?>(file.Exists ? InfoOf(key, file) : null);
    }

    /// <inheritdoc/>
    public ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken)
    {
        try
        {
            var file = new FileStream(PathOf(key), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            file.Position = offset;
            return ValueTask.FromResult<Stream?>(count is { } limit && offset + limit < file.Length ? new BoundedStream(file, limit) : file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return ValueTask.FromResult<Stream?>(null);
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            foreach (var key in keys)
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    File.Delete(PathOf(key));
                }
                catch (DirectoryNotFoundException)
                {
                    // nor is the object there
                }
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    public Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            var source = PathOf(from);
            var temporary = NewTemporary();
            try
            {
                if (!Volume.TryLink(source, temporary))
                    File.Copy(source, temporary);
                Place(temporary, to, isDurable: false, out var folders);
                foreach (var folder in folders)
                    Volume.SyncFolder(folder);
                return true;
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException && !File.Exists(source))
            {
                return false;
            }
            finally
            {
                File.Delete(temporary);
            }
        },
        cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var (name, file) in Names(new DirectoryInfo(_root), "", prefix, after))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ObjectKey.TryParse(name, out var key))
                yield return InfoOf(key, file);
        }
    }

    // In the order of the names of objects, which do not show the folders of two digits.
    private static IEnumerable<(string Name, FileInfo File)> Names(DirectoryInfo folder, string above, string prefix, string? after)
    {
        var entries = folder.GetFileSystemInfos();
        Array.Sort(entries, static (left, right) => string.CompareOrdinal(SortName(left), SortName(right)));
        foreach (var entry in entries)
        {
            var isDigits = entry is DirectoryInfo && above.Length > 0 && entry.Name.Length == 2;
            var name = entry is FileInfo ? above + entry.Name : isDigits ? above : $"{above}{entry.Name}/";
            var start = isDigits ? above + entry.Name : name;
            if (!start.StartsWith(prefix, StringComparison.Ordinal) && !prefix.StartsWith(start, StringComparison.Ordinal))
                continue;
            if (after is not null && string.CompareOrdinal(start, after) <= 0 && (entry is FileInfo || !after.StartsWith(start, StringComparison.Ordinal)))
                continue;
            if (entry is FileInfo file)
            {
                yield return (name, file);
            }
            else if (entry is DirectoryInfo inner && inner.Name != TemporaryFolder)
            {
                foreach (var found in Names(inner, name, prefix, after))
                    yield return found;
            }
        }
    }

    private static string SortName(FileSystemInfo entry) => entry is DirectoryInfo ? entry.Name + '/' : entry.Name;

    /// <inheritdoc/>
    public Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        foreach (var file in new DirectoryInfo(_temporary).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc < before.UtcDateTime)
                file.Delete();
        }

        return Task.CompletedTask;
    }

    private static ObjectInfo InfoOf(ObjectKey key, FileInfo file) => new(key, file.Length, new DateTimeOffset(file.LastWriteTimeUtc));

    private Exception?[] Put(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken)
    {
        var batch = new Batch(puts.Count);
        try
        {
            for (var i = 0; i < puts.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                batch.Try(i, () => Prepare(puts[i], i, batch));
            }

            if (batch.Written > FewObjects)
                batch.IsSynced = Volume.TrySync(_root);
            for (var i = 0; i < puts.Count; i++)
            {
                if (batch.Temporary[i] is { } temporary)
                    batch.Try(i, () => Place(temporary, puts[i], batch, isDurable: batch.IsSynced || !batch.IsWritten[i]));
            }

            if (batch.Folders.Count > FewObjects && Volume.TrySync(_root))
                return batch.Outcomes;
            foreach (var folder in batch.Folders)
                Volume.SyncFolder(folder);
            return batch.Outcomes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            batch.FailAll(e);
            return batch.Outcomes;
        }
        finally
        {
            foreach (var temporary in batch.Temporary)
            {
                if (temporary is not null)
                    File.Delete(temporary);
            }
        }
    }

    // Checks what is to be put and writes it where nobody looks.
    private void Prepare(ObjectPut put, int index, Batch batch)
    {
        var target = PathOf(put.Key);
        if (IsThere(target, put))
        {
            batch.Folders.Add(Path.GetDirectoryName(target)!); // whoever put it may not have come to this
            return;
        }

        var temporary = batch.Temporary[index] = NewTemporary();
        if (put.Encode is not null)
        {
            using var encoded = put.Open();
            using var handle = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
            encoded.CopyTo(handle);
        }
        else if (put.File is { } file)
        {
            BodyHash.Check(file, put.Key.Hash, put.Size);
            if (Volume.TryLink(file, temporary))
                return; // durable already, and never written again
            File.Copy(file, temporary);
        }
        else
        {
            BodyHash.Check(put.Bytes!.Value.Span, put.Key.Hash, put.Size);
            using var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write, preallocationSize: put.Size);
            RandomAccess.Write(handle, put.Bytes.Value.Span, 0);
        }

        batch.Written++;
        batch.IsWritten[index] = true;
    }

    private string NewTemporary() => Path.Join(_temporary, RandomNumberGenerator.GetHexString(32, lowercase: true));

    private void Place(string temporary, ObjectPut put, Batch batch, bool isDurable)
    {
        var size = new FileInfo(temporary).Length;
        Place(temporary, put.Key, isDurable, out var folders);
        batch.Folders.UnionWith(folders);
        if (new FileInfo(PathOf(put.Key)).Length != (put.Encode is null ? put.Size : size))
            throw new IOException($"{put.Key} has another size than what was put");
    }

    // Gives a file its name; the folders whose entries are not durable yet are those of the result.
    private void Place(string temporary, ObjectKey key, bool isDurable, out HashSet<string> folders)
    {
        if (!isDurable)
        {
            using var handle = File.OpenHandle(temporary, FileMode.Open, FileAccess.Write);
            RandomAccess.FlushToDisk(handle);
        }

        var target = PathOf(key);
        folders = new HashSet<string>(StringComparer.Ordinal);
        var folder = Path.GetDirectoryName(target)!;
        for (var missing = folder; !Directory.Exists(missing); missing = Path.GetDirectoryName(missing)!)
            folders.Add(Path.GetDirectoryName(missing)!);
        if (folders.Count > 0)
            Volume.MakeFolder(folder);
        File.Move(temporary, target, overwrite: true);
        folders.Add(folder);
    }

    // An object that is damaged is put again, so it has to be looked at; this happens only when the same body comes again.
    private static bool IsThere(string target, ObjectPut put)
    {
        if (put.Encode is not null || !File.Exists(target))
            return false;
        try
        {
            BodyHash.Check(target, put.Key.Hash, put.Size);
            return true;
        }
        catch (BodyDamagedException)
        {
            return false;
        }
    }

    /// <summary>The state of one put of many objects.</summary>
    private sealed class Batch(int count)
    {
        public Exception?[] Outcomes { get; } = new Exception?[count];

        public string?[] Temporary { get; } = new string?[count];

        public bool[] IsWritten { get; } = new bool[count];

        public int Written { get; set; }

        public bool IsSynced { get; set; }

        public HashSet<string> Folders { get; } = new(StringComparer.Ordinal);

        public void Try(int index, Action work)
        {
            try
            {
                if (Outcomes[index] is null)
                    work();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or BodyDamagedException)
            {
                Outcomes[index] = e;
            }
        }

        public void FailAll(Exception error)
        {
            for (var i = 0; i < count; i++)
                Outcomes[i] ??= error;
        }
    }
}
