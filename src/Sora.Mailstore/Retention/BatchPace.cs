namespace Sora.Mailstore.Retention;

/// <summary>Keeps the batches of a job apart, so that clients come first.</summary>
internal sealed class BatchPace(RetentionOptions options, TimeProvider time)
{
    /// <summary>Waits after a batch.</summary>
    public Task PauseAsync(CancellationToken cancellationToken) =>
        options.BatchPause > TimeSpan.Zero ? Task.Delay(options.BatchPause, time, cancellationToken) : Task.CompletedTask;

    /// <summary>Waits after a batch of objects, so that not too many go in a second.</summary>
    /// <param name="objects">How many it had.</param>
    /// <param name="begun">The timestamp at which it began.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task PauseAsync(int objects, long begun, CancellationToken cancellationToken)
    {
        await PauseAsync(cancellationToken);
        if (options.ObjectsPerSecond == 0)
            return;
        var rest = TimeSpan.FromSeconds((double)objects / options.ObjectsPerSecond) - time.GetElapsedTime(begun);
        if (rest > TimeSpan.Zero)
            await Task.Delay(rest, time, cancellationToken);
    }
}
