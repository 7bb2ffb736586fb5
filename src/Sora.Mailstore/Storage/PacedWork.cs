namespace Sora.Mailstore.Storage;

/// <summary>Work that is done when somebody asks for it, once for all who ask meanwhile, and never more often than once in an interval; the first after a pause goes at once.</summary>
public sealed class PacedWork : IAsyncDisposable
{
    private readonly Func<Task> _work;
    private readonly TimeSpan _interval;
    private readonly SemaphoreSlim _wake = new(0, 1);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    /// <param name="work">Does not throw.</param>
    /// <param name="interval">From the end of one time to the beginning of the next; 0 for none.</param>
    public PacedWork(Func<Task> work, TimeSpan interval)
    {
        _work = work;
        _interval = interval;
        _running = Task.Run(RunAsync);
    }

    /// <summary>There is work.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // somebody else woke it at the same moment
        }
    }

    /// <summary>Does the work once more, and stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        Wake();
        await _running;
        _stopping.Dispose();
        _wake.Dispose();
    }

    private async Task RunAsync()
    {
        bool isLast;
        do
        {
            await _wake.WaitAsync();
            isLast = _stopping.IsCancellationRequested;
            await _work();
            if (_interval > TimeSpan.Zero)
                await Task.Delay(_interval, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (!isLast);
    }
}
