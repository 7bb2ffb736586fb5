using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>
/// Tells the other processes on this database which mailboxes and accounts have changed, and hears it from them, through PostgreSQL's NOTIFY. What is
/// announced is already committed; announcements that wait go out together, outside the transactions that write.
/// </summary>
public sealed class ChangeFeed : IAsyncDisposable
{
    internal const string Channel = "sora";
    private const int MaxPayload = 7900; // PostgreSQL allows 7,999 bytes

    private readonly Database _database;
    private readonly ILogger _logger;
    private readonly string _sender = Guid.NewGuid().ToString("N")[..12];
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Dictionary<MailboxId, ModSeq> _mailboxes = [];
    private HashSet<AccountId> _accounts = [];
    private HashSet<string> _metadata = new(StringComparer.Ordinal);
    private HashSet<string> _sessions = new(StringComparer.Ordinal);
    private bool _certificates;
    private PacedWork? _sendingMailboxes;
    private PacedWork? _sendingOthers;
    private Task _listening = Task.CompletedTask;
    private long _lastHeard;

    public ChangeFeed(Database database, ILogger<ChangeFeed> logger)
    {
        _database = database;
        _logger = logger;
    }

    /// <summary>Another process has committed records of this mailbox up to the mod-sequence.</summary>
    public event Action<MailboxId, ModSeq>? MailboxChanged;

    /// <summary>Another process has changed this account: its mailboxes, subscriptions, addresses or passwords.</summary>
    public event Action<AccountId>? AccountChanged;

    /// <summary>Another process has changed annotations: what it gave to <see cref="AnnounceMetadata"/>.</summary>
    public event Action<string>? MetadataChanged;

    /// <summary>Another process has changed the TLS certificates that all nodes share, or wants them looked after.</summary>
    public event Action? CertificatesChanged;

    /// <summary>Another process has counted wrong passwords: what it gave to <see cref="TellLoginLimitsAsync"/>.</summary>
    public event Action<string>? LoginLimitsChanged;

    /// <summary>Done on each connection that listens: what is held there, such as an advisory lock, lives as long as the process and its database do.</summary>
    internal Func<NpgsqlConnection, CancellationToken, Task>? Listening { get; init; }

    /// <summary>An administrator asks for sessions: the request's number.</summary>
    internal event Action<long>? SessionsRequested;

    /// <summary>Another node has told of sessions: what it gave to <see cref="AnnounceSessions"/>.</summary>
    public event Action<string>? SessionsCounted;

    /// <summary>An administrator has made a change, or failed to: the number of its entry in the audit log.</summary>
    internal event Action<long>? AdministratorActed;

    /// <summary>The connection was lost for a while: announcements may have been missed.</summary>
    public event Action? Interrupted;

    /// <summary>How often the listening connection is asked whether it is still there; a silent one is found no sooner.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The shortest time between two announcements of changed mailboxes; null for that of all others (<see cref="DatabaseOptions.NotifyInterval"/>).</summary>
    public TimeSpan? MailboxInterval { get; init; }

    /// <summary>
    /// When the last question on the listening connection that was answered was asked, as a timestamp of <see cref="TimeProvider.System"/>: what others announced before that has
    /// been heard. 0 before the first.
    /// </summary>
    internal long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>A question on the listening connection was answered; the argument is when it was asked, which <see cref="LastHeard"/> is to become.</summary>
    internal event Action<long>? Hearing;

    /// <summary>Begins to listen and to send; returns when it listens.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var listening = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _listening = Task.Run(() => ListenAsync(listening), CancellationToken.None);
        _sendingMailboxes = new PacedWork(() => SendAsync(TakeMailboxes()), MailboxInterval ?? _database.NotifyInterval);
        _sendingOthers = new PacedWork(() => SendAsync(TakeOthers()), _database.NotifyInterval);

        // What was announced before is waiting
        _sendingMailboxes.Wake();
        _sendingOthers.Wake();
        await listening.Task.WaitAsync(cancellationToken);
    }

    /// <summary>The payload that tells the processes of a request for sessions.</summary>
    internal static string RequestOfSessions(long id) => string.Create(CultureInfo.InvariantCulture, $"administrator r{id}");

    /// <summary>The payload that tells the processes of an entry in the audit log; what follows it is the entry's number.</summary>
    internal const string ActOfAdministrator = "administrator t";

    public void AnnounceMailbox(MailboxId id, ModSeq modSeq)
    {
        lock (_lock)
            _mailboxes[id] = modSeq;
        _sendingMailboxes?.Wake();
    }

    public void AnnounceAccount(AccountId id)
    {
        lock (_lock)
            _accounts.Add(id);
        _sendingOthers?.Wake();
    }

    /// <param name="change">Up to 4,000 characters of ASCII without a space.</param>
    public void AnnounceMetadata(string change)
    {
        lock (_lock)
            _metadata.Add(change);
        _sendingOthers?.Wake();
    }

    /// <param name="count">Up to 4,000 characters of ASCII without a space.</param>
    public void AnnounceSessions(string count)
    {
        lock (_lock)
            _sessions.Add(count);
        _sendingOthers?.Wake();
    }

    public void AnnounceCertificates()
    {
        lock (_lock)
            _certificates = true;
        _sendingOthers?.Wake();
    }

    /// <summary>Tells the others at once, and returns when they were told.</summary>
    /// <param name="changes">Each up to 4,000 characters of ASCII without a space.</param>
    public Task TellLoginLimitsAsync(IReadOnlyCollection<string> changes, CancellationToken cancellationToken) =>
        changes.Count == 0 ? Task.CompletedTask : NotifyAsync(Payloads(changes.Select(static change => " l" + change)), cancellationToken);

    /// <summary>Sends what waits, then stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        if (_sendingMailboxes is not null)
            await _sendingMailboxes.DisposeAsync();
        if (_sendingOthers is not null)
            await _sendingOthers.DisposeAsync();
        await _listening;
        _stopping.Dispose();
    }

    private async Task SendAsync(List<string> payloads)
    {
        if (payloads.Count == 0)
            return;
        try
        {
            await NotifyAsync(payloads, CancellationToken.None);
        }
        catch (Exception e) when (Mailboxes.Mailbox.IsDatabaseFailure(e))
        {
            // The others lost their listening connection too, or will find out at their next change.
            Log.AnnounceFailed(_logger, e);
        }
    }

    private List<string> TakeMailboxes()
    {
        Dictionary<MailboxId, ModSeq> mailboxes;
        lock (_lock)
            (mailboxes, _mailboxes) = (_mailboxes, []);
        return Payloads(mailboxes.Select(static changed => string.Create(CultureInfo.InvariantCulture, $" m{changed.Key.Value}:{changed.Value.Value}")));
    }

    private List<string> TakeOthers()
    {
        HashSet<AccountId> accounts;
        HashSet<string> metadata;
        HashSet<string> sessions;
        bool certificates;
        lock (_lock)
        {
            (accounts, _accounts) = (_accounts, []);
            (certificates, _certificates) = (_certificates, false);
            (sessions, _sessions) = (_sessions, new HashSet<string>(StringComparer.Ordinal));
            (metadata, _metadata) = (_metadata, new HashSet<string>(StringComparer.Ordinal));
        }

        return Payloads(
            accounts.Select(static id => string.Create(CultureInfo.InvariantCulture, $" a{id.Value}"))
                .Concat(metadata.Select(static change => " d" + change))
                .Concat(sessions.Select(static count => " u" + count))
                .Concat(certificates ? [" c"] : []));
    }

    private List<string> Payloads(IEnumerable<string> items)
    {
        var payloads = new List<string>();
        var builder = new StringBuilder(_sender);
        foreach (var item in items)
        {
            if (builder.Length + item.Length > MaxPayload)
            {
                payloads.Add(builder.ToString());
                builder.Clear().Append(_sender);
            }

            builder.Append(item);
        }

        if (builder.Length > _sender.Length)
            payloads.Add(builder.ToString());
        return payloads;
    }

    private async Task NotifyAsync(List<string> payloads, CancellationToken cancellationToken)
    {
        await using var command = _database.Write.CreateCommand("SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload");
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Channel });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. payloads] });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task ListenAsync(TaskCompletionSource listening)
    {
        var pause = TimeSpan.FromMilliseconds(100);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = await _database.OpenDedicatedAsync(_stopping.Token);
                connection.Notification += (_, notification) => Receive(notification.Payload);
                await using (var command = new NpgsqlCommand($"LISTEN {Channel}", connection))
                    await command.ExecuteNonQueryAsync(_stopping.Token);
                if (Listening is { } action)
                    await action(connection, _stopping.Token);
                await AskAsync(connection);
                if (!listening.TrySetResult())
                    Interrupted?.Invoke();
                pause = TimeSpan.FromMilliseconds(100);
                while (true)
                {
                    // A connection that died silently is found by asking on it now and then; one that brings news all the time is asked too, for the news may be old.
                    var rest = KeepAlive - TimeProvider.System.GetElapsedTime(LastHeard);
                    if (rest <= TimeSpan.Zero || !await connection.WaitAsync(rest, _stopping.Token))
                        await AskAsync(connection);
                }
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (Mailboxes.Mailbox.IsDatabaseFailure(e) || e is InvalidOperationException)
            {
                Log.ListenFailed(_logger, e);
                await Task.Delay(pause, CancellationToken.None);
                pause = TimeSpan.FromMilliseconds(Math.Min(pause.TotalMilliseconds * 2, 5000));
            }
        }
    }

    private async Task AskAsync(NpgsqlConnection connection)
    {
        var asked = TimeProvider.System.GetTimestamp();
        await using var ping = new NpgsqlCommand("SELECT 1 FROM pg_listening_channels()", connection) { CommandTimeout = (int)Math.Clamp(KeepAlive.TotalSeconds * 2, 2, 10) };
        await ping.ExecuteNonQueryAsync(_stopping.Token);
        Hearing?.Invoke(asked);
        Volatile.Write(ref _lastHeard, asked);
    }

    private void Receive(string payload)
    {
        var first = true;
        foreach (var range in payload.AsSpan().Split(' '))
        {
            var item = payload.AsSpan(range);
            if (first)
            {
                if (item.SequenceEqual(_sender))
                    return;
                first = false;
                continue;
            }

            if (item.IsEmpty)
                continue;
            var colon = item.IndexOf(':');
            if (item[0] == 'a' && long.TryParse(item[1..], CultureInfo.InvariantCulture, out var account))
            {
                AccountChanged?.Invoke(new AccountId(account));
            }
            else if (item is "c")
            {
                CertificatesChanged?.Invoke();
            }
            else if (item[0] == 'r' && long.TryParse(item[1..], CultureInfo.InvariantCulture, out var request))
            {
                SessionsRequested?.Invoke(request);
            }
            else if (item[0] == 't' && long.TryParse(item[1..], CultureInfo.InvariantCulture, out var entry))
            {
                AdministratorActed?.Invoke(entry);
            }
            else if (item[0] == 'u')
            {
                SessionsCounted?.Invoke(item[1..].ToString());
            }
            else if (item[0] == 'd')
            {
                MetadataChanged?.Invoke(item[1..].ToString());
            }
            else if (item[0] == 'l')
            {
                LoginLimitsChanged?.Invoke(item[1..].ToString());
            }
            else if (item[0] == 'm' && colon > 0
                && long.TryParse(item[1..colon], CultureInfo.InvariantCulture, out var mailbox)
                && long.TryParse(item[(colon + 1)..], CultureInfo.InvariantCulture, out var modSeq))
            {
                MailboxChanged?.Invoke(new MailboxId(mailbox), new ModSeq(modSeq));
            }
        }
    }
}
