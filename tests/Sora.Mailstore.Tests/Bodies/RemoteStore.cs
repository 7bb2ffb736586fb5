using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Tests.Bodies;

/// <summary>A store of files that says it is far away, counts what it is asked for, and can be down.</summary>
internal sealed class RemoteStore(string folder) : IObjectStore
{
    private readonly FilesystemObjectStore _files = new(folder);
    private int _reads;

    public int Reads => _reads;

    public int Puts { get; private set; }

    public bool IsDown { get; set; }

    /// <summary>Each read waits for this.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Where the object really is.</summary>
    public string FileOf(ObjectKey key) => _files.PathOf(key);

    public string? PathOf(ObjectKey key) => null;

    /// <summary>Each put waits for this.</summary>
    public Func<Task> PutGate { get; set; } = static () => Task.CompletedTask;

    public async Task<IReadOnlyList<Exception?>> PutAsync(IReadOnlyList<ObjectPut> puts, CancellationToken cancellationToken)
    {
        if (puts[0].Key.Kind == ObjectKind.Owner && !IsDown)
            return await _files.PutAsync(puts, cancellationToken); // it comes once and whenever
        Puts += puts.Count;
        await PutGate();
        return IsDown ? [.. puts.Select(static _ => Down())] : await _files.PutAsync(puts, cancellationToken);
    }

    public ValueTask<ObjectInfo?> FindAsync(ObjectKey key, CancellationToken cancellationToken) =>
        IsDown ? throw Down() : _files.FindAsync(key, cancellationToken);

    public async ValueTask<Stream?> OpenAsync(ObjectKey key, long offset, long? count, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        await Gate;
        return IsDown ? throw Down() : await _files.OpenAsync(key, offset, count, cancellationToken);
    }

    public Task DeleteAsync(IReadOnlyList<ObjectKey> keys, CancellationToken cancellationToken) => _files.DeleteAsync(keys, cancellationToken);

    public Task<bool> CopyAsync(ObjectKey from, ObjectKey to, CancellationToken cancellationToken) => _files.CopyAsync(from, to, cancellationToken);

    public IAsyncEnumerable<ObjectInfo> ListAsync(string prefix, string? after, CancellationToken cancellationToken) =>
        _files.ListAsync(prefix, after, cancellationToken);

    public Task DeleteAbandonedAsync(DateTimeOffset before, CancellationToken cancellationToken) => _files.DeleteAbandonedAsync(before, cancellationToken);

    private static IOException Down() => new("The store does not answer");
}
