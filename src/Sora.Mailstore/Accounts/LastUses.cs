using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// When each password was last used, for which protocol and from where. Logins only leave a note; the notes of some time are written down together, so that a client that logs in every
/// second costs the database one row now and then. What a process that is killed has not written is lost: the next login tells it again.
/// </summary>
internal sealed class LastUses(LoginStore store, TimeSpan interval, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>More notes than this are not kept between two writes.</summary>
    private const int MaxNotes = 100_000;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Dictionary<CredentialId, CredentialUse> _notes = [];
    private Task? _writing;

    public void Note(CredentialId credential, LoginRequest login)
    {
        var use = new CredentialUse(credential, time.GetUtcNow(), login.Protocol, login.Client);
        lock (_lock)
        {
            if (_notes.Count >= MaxNotes && !_notes.ContainsKey(credential))
                return;
            _notes[credential] = use;

            // Nothing runs before the first login
            if (!_stopping.IsCancellationRequested)
                _writing ??= Task.Run(RunAsync);
        }
    }

    /// <summary>Writes down what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? writing;
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested)
                return;
            _stopping.Cancel();
            writing = _writing;
        }

        if (writing is not null)
            await writing;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
                await WriteAsync();
        }
        catch (OperationCanceledException)
        {
            await WriteAsync();
        }
    }

    private async Task WriteAsync()
    {
        Dictionary<CredentialId, CredentialUse> notes;
        lock (_lock)
        {
            if (_notes.Count == 0)
                return;
            (notes, _notes) = (_notes, []);
        }

        try
        {
            await store.WriteUsesAsync([.. notes.Values], CancellationToken.None);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(logger, e);
            lock (_lock)
            {
                foreach (var (credential, use) in notes)
                    _notes.TryAdd(credential, use);
            }
        }
    }
}
