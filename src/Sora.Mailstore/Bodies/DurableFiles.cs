using Microsoft.Win32.SafeHandles;

namespace Sora.Mailstore.Bodies;

/// <summary>
/// Makes files of one folder durable in groups: those that come while a group is being written are the next one, and each group pays for
/// the folder once.
/// </summary>
internal sealed class DurableFiles(string folder)
{
    private const int Parallelism = 4;

    private readonly Lock _lock = new();
    private List<(SafeFileHandle File, TaskCompletionSource Done)> _waiting = [];
    private bool _isRunning;

    /// <summary>Returns when the file's bytes and its entry in the folder are durable. The file stays open until then.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public Task AddAsync(SafeFileHandle file)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((file, done));
            if (_isRunning)
                return done.Task;
            _isRunning = true;
        }

        _ = Task.Run(Run); // it catches everything, and ends when nothing waits
        return done.Task;
    }

    private void Run()
    {
        while (true)
        {
            List<(SafeFileHandle File, TaskCompletionSource Done)> group;
            lock (_lock)
            {
                if (_waiting.Count == 0)
                {
                    _isRunning = false;
                    return;
                }

                group = _waiting;
                _waiting = [];
            }

            Write(group);
        }
    }

    private void Write(List<(SafeFileHandle File, TaskCompletionSource Done)> group)
    {
        try
        {
            if (group.Count == 1)
                RandomAccess.FlushToDisk(group[0].File);
            else
                Parallel.ForEach(group, new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, Flush);
            Volume.SyncFolder(folder);
        }
        catch (Exception e)
        {
            foreach (var (_, done) in group)
                done.TrySetException(e as IOException ?? new IOException(e.Message, e));
        }

        foreach (var (_, done) in group)
            done.TrySetResult();
    }

    private static void Flush((SafeFileHandle File, TaskCompletionSource Done) item)
    {
        try
        {
            RandomAccess.FlushToDisk(item.File);
        }
        catch (Exception e)
        {
            item.Done.TrySetException(e as IOException ?? new IOException(e.Message, e));
        }
    }
}
