using System.Buffers;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>
/// Objects as files, <c>account/first two digits of the hash/hash</c>. A file gets its name when its bytes are durable. Many files together
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
        var hash = key.Hash.ToString();
        return Path.Join(_root, key.Account.ToString(), hash.AsSpan(0, 2), hash);
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
    public async IAsyncEnumerable<ObjectInfo> ListAsync(AccountId? account, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        var root = new DirectoryInfo(account is { } only ? Path.Join(_root, only.ToString()) : _root);
        if (!root.Exists)
            yield break;
        foreach (var file in root.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ObjectKey.TryParse($"{file.Directory?.Parent?.Name}/{file.Name}", out var key))
                yield return InfoOf(key, file);
        }
    }

    /// <summary>Deletes what puts left behind that were cut off before a time.</summary>
    public void DeleteAbandoned(DateTime before)
    {
        foreach (var file in new DirectoryInfo(_temporary).EnumerateFiles())
        {
            if (file.LastWriteTimeUtc < before)
                file.Delete();
        }
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

        var temporary = Path.Join(_temporary, RandomNumberGenerator.GetHexString(32, lowercase: true));
        batch.Temporary[index] = temporary;
        if (put.File is { } file)
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

    private void Place(string temporary, ObjectPut put, Batch batch, bool isDurable)
    {
        if (!isDurable)
        {
            using var handle = File.OpenHandle(temporary, FileMode.Open, FileAccess.Write);
            RandomAccess.FlushToDisk(handle);
        }

        var target = PathOf(put.Key);
        var folder = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(folder))
        {
            var account = Path.GetDirectoryName(folder)!;
            if (!Directory.Exists(account))
                batch.Folders.Add(_root);
            batch.Folders.Add(account);
            Volume.MakeFolder(folder);
        }

        File.Move(temporary, target, overwrite: true);
        batch.Folders.Add(folder);
        if (new FileInfo(target).Length != put.Size)
            throw new IOException($"{put.Key} has another size than what was put");
    }

    // An object that is damaged is put again, so it has to be looked at; this happens only when the same body comes again.
    private static bool IsThere(string target, ObjectPut put)
    {
        if (!File.Exists(target))
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
