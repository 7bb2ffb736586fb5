using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Sora.Contracts;
using Sora.Grains.Accounts;
using Sora.Grains.Calls;
using Sora.Grains.Configuration;
using Sora.Grains.Mailboxes;
using Sora.Grains.Observers;
using Sora.Mailstore.Storage;

namespace Sora.Grains.Hosting;

/// <summary>The cluster as one process's protocols see it, over a client that is connected or over the silo in the same process.</summary>
internal sealed class ClusterGateway : IAsyncDisposable
{
    private readonly IGrainFactory _grains;
    private readonly ClusterEngine _engine;
    private readonly ClusterCalls _calls;
    private readonly TimeSpan _patience;
    private readonly ILogger _logger;
    private readonly MailboxWatches _watches;
    private readonly MailboxPlaces _places;
    private readonly ClusterMailboxes _mailboxes;
    private readonly Acquaintances _acquaintances;
    private readonly CancellationTokenSource _stopping = new();

    public ClusterGateway(IGrainFactory grains, bool isMailstore, ClusterEngine engine, ClusterOptions options, ClusterMetrics metrics)
    {
        _grains = grains;
        _engine = engine;
        _patience = options.AttemptTimeout;
        _logger = engine.Loggers.CreateLogger<ClusterGateway>();
        _calls = new ClusterCalls(options, metrics, engine.Time, engine.Loggers.CreateLogger<ClusterCalls>());
        _places = new MailboxPlaces(grains, isMailstore, options, metrics, engine.Time, engine.Loggers.CreateLogger<MailboxPlaces>());
        _watches = new MailboxWatches(grains, _places, engine.Feed, _calls, options, metrics, engine.Time, engine.Loggers.CreateLogger<MailboxWatches>());
        _mailboxes = new ClusterMailboxes(grains, _calls, _places, options, engine.Transfer(options), _watches);
        _acquaintances = new Acquaintances(_mailboxes, engine.Loggers.CreateLogger<Acquaintances>());
    }

    public IMailboxes Mailboxes => _mailboxes;

    /// <summary>Calls those of the mailstores that have not been called yet, before anybody waits for them.</summary>
    public Task GreetAsync(IReadOnlyList<MailstoreMember> members) => _acquaintances.MakeAsync(members, _stopping.Token);

    /// <summary>An account whose changes go to its node.</summary>
    /// <param name="inner">The account as this process knows it.</param>
    public IAccount Account(IAccount inner) => new ClusterAccount(inner, _grains, _calls, _mailboxes, _engine.Accounts);

    /// <summary>Somebody else than a mailbox's writer has written to it, of which its node is to know.</summary>
    public Task RefreshAsync(MailboxId mailbox, CancellationToken cancellationToken) => _mailboxes.RefreshAsync(mailbox, tellsNewest: true, cancellationToken);

    /// <summary>Tells all mailstores of an account's new limits. Those that cannot be reached in time hear of them from the database.</summary>
    public async Task TellLimitsAsync(AccountId account, CancellationToken cancellationToken)
    {
        try
        {
            await _grains.GetGrain<IManagementGrain>(0).SendControlCommandToProvider<QuotaNews>(QuotaNews.Name, 0, account.Value, cancellationToken)
                .WaitAsync(_patience, _engine.Time, cancellationToken);
        }
        catch (Exception e) when (ClusterCalls.IsTransient(e) && !cancellationToken.IsCancellationRequested)
        {
            Log.LimitsNotTold(_logger, account, ClusterCalls.Reason(e));
        }
    }

    /// <summary>A node is gone: what it knew of this process is told to others.</summary>
    public void NodeLost()
    {
        _places.Forget();
        _calls.Interrupt();
        _watches.AskAll();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watches.DisposeAsync();
        _stopping.Dispose();
    }
}
