using System.Runtime.InteropServices;

namespace Sora.Silo.Composition;

/// <summary>
/// Gives memory back when the node falls quiet. The runtime collects garbage when it needs room, so the garbage of a rush of logins would
/// otherwise stay as long as nothing happens, which is when thousands of clients wait in IDLE.
/// </summary>
internal sealed partial class IdleMemory : IAsyncDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private const long Quiet = 128 << 10; // bytes allocated in a tick by a node that has nothing to do
    private const long Worthwhile = 4 << 20;
    private const long LargeHeap = 256 << 20; // a full collection of more would be felt by whoever comes next

    private readonly PeriodicTimer _timer;
    private readonly Task _running;

    public IdleMemory(TimeProvider time)
    {
        _timer = new PeriodicTimer(Tick, time);
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running;
    }

    private async Task RunAsync()
    {
        var collected = GC.GetTotalAllocatedBytes();
        var last = collected;
        while (await _timer.WaitForNextTickAsync())
        {
            var now = GC.GetTotalAllocatedBytes();
            if (now - last < Quiet && now - collected > Worthwhile)
            {
                if (GC.GetGCMemoryInfo().HeapSizeBytes < LargeHeap)
                    GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                else
                    GC.Collect(1, GCCollectionMode.Forced, blocking: true);
                TrimNativeMemory();
                collected = GC.GetTotalAllocatedBytes();
            }

            last = now;
        }
    }

    // What compression, TLS and the compiler freed stays with the C library, in an arena for each thread that was busy
    private static void TrimNativeMemory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            _ = MallocTrim(0);
        }
        catch (EntryPointNotFoundException)
        {
            // musl gives memory back by itself
        }
    }

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int MallocTrim(nuint keep);
}
