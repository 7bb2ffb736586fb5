using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Sora.Mailstore.Bodies;

/// <summary>
/// The files in which bodies wait for the object store. A file is deleted only when it was never complete, or by
/// <see cref="Uploads.StagedFiles"/>, which asks the database first: a commit whose outcome is unknown may still need it.
/// </summary>
internal sealed class StagingFolder
{
    private const string IdentityFile = ".node";
    private const int NodeLength = 32;

    private readonly ConcurrentDictionary<string, byte> _inUse = new(StringComparer.Ordinal);
    private readonly DurableFiles _durable;

    /// <summary>Opens the folder, making it when it is not there.</summary>
    /// <exception cref="IOException">It cannot be made or written.</exception>
    public StagingFolder(string path)
    {
        Path = path;
        Volume.MakeFolder(path);
        Node = ReadOrMakeNode(path);
        _durable = new DurableFiles(path);
    }

    public string Path { get; }

    /// <summary>
    /// Names this folder in the database. It lies in the folder itself: so a node that is renamed keeps its files, and processes that
    /// share a folder share the work.
    /// </summary>
    public string Node { get; }

    /// <summary>Makes a file that is in use until <see cref="Release"/>.</summary>
    public StagedFile Create()
    {
        var name = RandomNumberGenerator.GetHexString(32, lowercase: true);
        _inUse.TryAdd(name, 0);
        try
        {
            return new StagedFile(name, File.OpenHandle(FullName(name), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read));
        }
        catch
        {
            _inUse.TryRemove(name, out _);
            throw;
        }
    }

    /// <summary>Returns when the file and its name are durable.</summary>
    public Task MakeDurableAsync(StagedFile file) => _durable.AddAsync(file.Handle);

    /// <summary>The message is given up by its session. Commits may still be under way, so the file's age starts anew.</summary>
    public void Release(string name)
    {
        try
        {
            File.SetLastWriteTimeUtc(FullName(name), DateTime.UtcNow);
        }
        catch (IOException)
        {
            // its age is then that of its last write
        }

        _inUse.TryRemove(name, out _);
    }

    /// <summary>Deletes a file that no commit can have used.</summary>
    public void Discard(StagedFile file)
    {
        file.Dispose();
        Delete(file.Name);
        _inUse.TryRemove(file.Name, out _);
    }

    /// <summary>Deletes a file that no commit names. What cannot be deleted now is an orphan later.</summary>
    public void Drop(string name)
    {
        try
        {
            Delete(name);
        }
        catch (IOException)
        {
            // see above
        }

        _inUse.TryRemove(name, out _);
    }

    public void Delete(string name) => File.Delete(FullName(name));

    public bool IsInUse(string name) => _inUse.ContainsKey(name);

    public string FullName(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The files that nobody has written or released since a time.</summary>
    public IEnumerable<string> OlderThan(DateTime time)
    {
        foreach (var file in new DirectoryInfo(Path).EnumerateFiles())
        {
            if (file.Name.Length == NodeLength && !IsInUse(file.Name) && file.LastWriteTimeUtc < time)
                yield return file.Name;
        }
    }

    // Two processes may come here at once: the one whose file gets the name first decides.
    private static string ReadOrMakeNode(string path)
    {
        var file = System.IO.Path.Combine(path, IdentityFile);
        if (!File.Exists(file))
        {
            var temporary = file + "." + RandomNumberGenerator.GetHexString(8, lowercase: true);
            using (var handle = File.OpenHandle(temporary, FileMode.CreateNew, FileAccess.Write))
            {
                RandomAccess.Write(handle, System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(NodeLength, lowercase: true)), 0);
                RandomAccess.FlushToDisk(handle);
            }

            try
            {
                File.Move(temporary, file, overwrite: false);
            }
            catch (IOException) when (File.Exists(file))
            {
                File.Delete(temporary);
            }

            Volume.SyncFolder(path);
        }

        var node = File.ReadAllText(file).Trim();
        return node.Length == NodeLength ? node : throw new IOException($"{file} should hold {NodeLength} characters that name this folder");
    }
}

/// <summary>A file that is being filled.</summary>
internal sealed class StagedFile(string name, SafeFileHandle handle) : IDisposable
{
    public string Name => name;

    public SafeFileHandle Handle => handle;

    public long Length { get; private set; }

    public async ValueTask WriteAsync(IReadOnlyList<ReadOnlyMemory<byte>> buffers, CancellationToken cancellationToken)
    {
        await RandomAccess.WriteAsync(handle, buffers, Length, cancellationToken);
        foreach (var buffer in buffers)
            Length += buffer.Length;
    }

    public void Dispose() => handle.Dispose();
}
