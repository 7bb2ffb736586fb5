using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Sasl;
using Sora.Gateway.Tests.Imap;
using Sora.Mailstore.Accounts.Logins;
using Sora.Testing;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>Limits of their own on a fixture's engine, and what is written down and counted of logins.</summary>
internal sealed class GuardedLogins : ILoginJournal, IAsyncDisposable
{
    /// <summary>Two wrong passwords of a user from an address are enough.</summary>
    public static LoginLimitOptions TwoFailures => new() { PairFailures = 2, Delay = TimeSpan.Zero, ShareInterval = TimeSpan.FromMilliseconds(10) };

    private readonly ConcurrentQueue<LoginEvent> _events = new();
    private readonly ConcurrentDictionary<string, long> _counted = new(StringComparer.Ordinal);
    private readonly LoginLimitHost _limits;
    private readonly MailstoreNode _node;
    private readonly MeterListener _listener = new();

    private GuardedLogins(LoginLimitHost limits, MailstoreNode node)
    {
        _limits = limits;
        _node = node;
    }

    /// <summary>What happened since this was last asked.</summary>
    public IReadOnlyList<LoginEvent> Take()
    {
        var taken = new List<LoginEvent>();
        while (_events.TryDequeue(out var happened))
            taken.Add(happened);
        return taken;
    }

    public long Counted(string result) => _counted.GetValueOrDefault(result);

    public static async Task<GuardedLogins> StartAsync(MailstoreNode node, LoginLimitOptions options)
    {
        var limits = await LoginLimitHost.StartAsync(
            node.Database, node.Feed, options, node.Metrics, TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);
        return new GuardedLogins(limits, node);
    }

    public LoginGuard Guard(GatewayMetrics metrics)
    {
        // Only this gateway's instrument: tests run side by side
        var instrument = metrics.Logins;
        _listener.SetMeasurementEventCallback<long>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (tag is { Key: "result", Value: string result })
                    _counted.AddOrUpdate(result, value, (_, before) => before + value);
            }
        });
        _listener.EnableMeasurementEvents(instrument);
        _listener.Start();
        return new LoginGuard(_limits, this, _node.Accounts, metrics, TimeProvider.System, new ErrorLog<LoginGuard>());
    }

    public void Record(LoginEvent happened) => _events.Enqueue(happened);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _limits.DisposeAsync();
    }
}
