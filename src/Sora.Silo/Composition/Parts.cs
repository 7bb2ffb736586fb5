namespace Sora.Silo.Composition;

/// <summary>What was started, in its order; it is stopped in the opposite order, each part even if another fails to.</summary>
internal sealed class Parts(ILogger logger) : IAsyncDisposable
{
    private readonly Stack<(string Name, Func<ValueTask> Stop)> _stops = [];

    /// <summary>Takes over the end of a part that was started.</summary>
    public T Add<T>(string name, T part)
        where T : IAsyncDisposable
    {
        _stops.Push((name, part.DisposeAsync));
        return part;
    }

    /// <inheritdoc cref="Add"/>
    public T AddDisposable<T>(string name, T part)
        where T : IDisposable
    {
        _stops.Push((name, () =>
        {
            part.Dispose();
            return ValueTask.CompletedTask;
        }));
        return part;
    }

    /// <summary>Something that is to be done at this place of the end.</summary>
    public void AtStop(string name, Func<ValueTask> stop) => _stops.Push((name, stop));

    public async ValueTask DisposeAsync()
    {
        while (_stops.TryPop(out var part))
        {
            try
            {
                await part.Stop();
            }
            catch (Exception e)
            {
                Log.StopFailed(logger, part.Name, e);
            }
        }
    }
}
