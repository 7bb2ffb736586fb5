using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.Tokens;
using Sora.Identity.Http;

namespace Sora.Identity.OAuth;

/// <summary>
/// An issuer's keys as they are known here. They are read when the first token comes, anew when they have become old, and at once, but not too often, when a token names one that is
/// not among them: so a new key is known when it is first used. While they cannot be read, those that are known are used.
/// </summary>
internal sealed class SigningKeys(IKeySource source, OAuthOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Known? _known;
    private Task _reading = Task.CompletedTask;
    private long? _tried;
    private bool _hasFailed;

    /// <summary>The keys that may have signed a token: none when there is no such key, null when that cannot be known now.</summary>
    public async ValueTask<List<JsonWebKey>?> FindAsync(string? keyId, SigningAlgorithm algorithm, CancellationToken cancellationToken)
    {
        if (Find(keyId, algorithm) is { Count: > 0 } found)
        {
            if (time.GetElapsedTime(Volatile.Read(ref _known)!.At) >= options.KeysRefresh)
                _ = ReadAsync(); // nobody waits for them
            return found;
        }

        await ReadAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        found = Find(keyId, algorithm);
        return found is { Count: > 0 } || !Volatile.Read(ref _hasFailed) ? found : null;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        Task reading;
        lock (_lock)
            reading = _reading;
        await reading.ConfigureAwait(false);
        source.Dispose();
        _stopping.Dispose();
    }

    private List<JsonWebKey>? Find(string? keyId, SigningAlgorithm algorithm) =>
        Volatile.Read(ref _known) is { } known && time.GetElapsedTime(known.At) < options.KeysKept ? known.Keys.Find(keyId, algorithm) : null;

    // The reading that is under way, or a new one unless the last one was a moment ago
    private Task ReadAsync()
    {
        lock (_lock)
        {
            if (_reading.IsCompleted && !_stopping.IsCancellationRequested && (_tried is not { } tried || time.GetElapsedTime(tried) >= options.KeysRetry))
            {
                _tried = time.GetTimestamp();
                _reading = Task.Run(ReadOnceAsync);
            }

            return _reading;
        }
    }

    private async Task ReadOnceAsync()
    {
        try
        {
            var keys = await source.ReadAsync(_stopping.Token).ConfigureAwait(false);
            Log.KeysRead(logger, options.Issuer, keys.Count);
            Volatile.Write(ref _known, new Known(keys, time.GetTimestamp()));
            Volatile.Write(ref _hasFailed, false);
        }
        catch (ServiceException e)
        {
            Log.KeysFailed(logger, options.Issuer, e.Message);
            Volatile.Write(ref _hasFailed, true);
        }
        catch (OperationCanceledException)
        {
            // The node stops
        }
    }

    private sealed record Known(KeySet Keys, long At);
}
