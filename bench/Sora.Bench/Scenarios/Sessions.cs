using System.Net.Sockets;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>Runs sessions side by side, and tells a server's failure from a bug of ours.</summary>
internal static class Sessions
{
    /// <summary>A session that fails this often in a row has nothing more to say.</summary>
    public const int MaxFailuresInARow = 5;

    /// <summary>Starts <paramref name="count"/> sessions, waits for all, and passes on the first exception.</summary>
    public static Task RunAsync(int count, Func<int, Task> session) =>
        Task.WhenAll(Enumerable.Range(0, count).Select(number => Task.Run(() => session(number))));

    public static bool IsServerFailure(Exception exception) =>
        exception is IOException or SocketException or TimeoutException or OperationCanceledException or ObjectDisposedException;

    /// <summary>
    /// Runs one session's loop until it ends by itself; <paramref name="loop"/> connects and works, and is called again after a
    /// failure. Returns how many failures there were.
    /// </summary>
    public static async Task<long> InsistAsync(Func<Action, Task> loop, ErrorLog errors, CancellationToken cancellationToken)
    {
        var failures = 0L;
        for (var inARow = 0; inARow < MaxFailuresInARow;)
        {
            try
            {
                await loop(() => inARow = 0);
                return failures;
            }
            catch (Exception exception) when (IsServerFailure(exception))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    return failures;
                }

                inARow++;
                failures++;
                errors.Add(exception.Message);
                await Task.Delay(TimeSpan.FromMilliseconds(50 * inARow), cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        return failures;
    }

    /// <summary>Opens INBOX of a user, or another mailbox.</summary>
    public static async Task<ImapClient> SelectAsync(Target target, int user, string mailbox, CancellationToken cancellationToken)
    {
        var client = await ImapClient.LoginAsync(target, target.UserName(user), cancellationToken);
        await client.RunAsync("SELECT " + ImapClient.Quote(mailbox));
        return client;
    }
}

/// <summary>The first words of what went wrong: one message of each kind is enough.</summary>
internal sealed class ErrorLog
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _kinds = new(StringComparer.Ordinal);

    public void Add(string message)
    {
        lock (_lock)
        {
            var kind = message.Length > 100 ? message[..100] : message;
            if (_kinds.Count < 3 || _kinds.ContainsKey(kind))
            {
                _kinds[kind] = _kinds.GetValueOrDefault(kind) + 1;
            }
        }
    }

    /// <summary>What went wrong and how often, or null.</summary>
    public string? Note()
    {
        lock (_lock)
        {
            return _kinds.Count == 0 ? null : string.Join("; ", _kinds.Select(kind => $"{kind.Value} x {kind.Key}"));
        }
    }
}
