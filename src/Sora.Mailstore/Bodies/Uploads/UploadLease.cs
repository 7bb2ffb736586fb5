using Microsoft.Extensions.Logging;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Uploads;

/// <summary>Keeps the lease of bodies that are on their way for as long as that takes, and gives back those that did not get there.</summary>
internal sealed class UploadLease : IAsyncDisposable
{
    private readonly StagedBodyStore _staged;
    private readonly HashSet<long> _ids;
    private readonly ILogger _logger;
    private readonly TimeSpan _lease;
    private readonly PeriodicTimer _timer;
    private readonly Task _renewing;

    public UploadLease(StagedBodyStore staged, IEnumerable<StagedBody> bodies, TimeSpan lease, TimeProvider time, ILogger logger)
    {
        _staged = staged;
        _ids = [.. bodies.Select(static body => body.Id)];
        _lease = lease;
        _logger = logger;
        _timer = new PeriodicTimer(lease / 3, time);
        _renewing = Task.Run(RenewAsync);
    }

    /// <summary>How long those that did not get there wait before anybody takes them.</summary>
    public TimeSpan Pause { get; set; }

    /// <summary>These are moved or put off by somebody else.</summary>
    public void Settle(IEnumerable<long> ids)
    {
        lock (_ids)
            _ids.ExceptWith(ids);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _renewing;
        if (_ids.Count > 0)
            await TrySetDueAsync(Pause);
    }

    private async Task RenewAsync()
    {
        while (await _timer.WaitForNextTickAsync())
            await TrySetDueAsync(_lease);
    }

    private async Task TrySetDueAsync(TimeSpan due)
    {
        long[] ids;
        lock (_ids)
            ids = [.. _ids];
        try
        {
            await _staged.SetDueAsync(ids, due, CancellationToken.None);
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException or InvalidOperationException or IOException)
        {
            Log.LeaseFailed(_logger, e); // it ends by itself, and others do the same again
        }
    }
}
