using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Relay.Smtp;

/// <summary>Sends by SMTP or LMTP through a list of hosts: the first that works, or all in turn.</summary>
internal sealed class SmtpTransport : IRelayTransport
{
    private static readonly RelayReply Stopped = new(0, "4.3.2", "This node stopped while it was sending");

    private static readonly RelayReply Unreadable = new(0, "4.3.0", "The message could not be read from the queue");

    private readonly IRelayQueue _queue;
    private readonly RelayOptions _options;
    private readonly RelayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SmtpHost[] _hosts;
    private readonly ITimer _trimmer;
    private int _next = -1;

    public SmtpTransport(IRelayQueue queue, RelayOptions options, string hostName, RelayMetrics metrics, TimeProvider time, ILogger logger)
    {
        _queue = queue;
        _options = options;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _hosts = [.. options.Hosts.Select(text => new SmtpHost(options, Parse(text, options), hostName, time))];
        var interval = TimeSpan.FromSeconds(Math.Max(1, options.Timeouts.Idle.TotalSeconds / 2));
        _trimmer = time.CreateTimer(_ => _ = TrimAsync(), null, interval, interval);
    }

    public TimeSpan Outage => _hosts.Length == 0 ? TimeSpan.MaxValue : _hosts.Min(static host => host.Outage);

    public async Task<List<Delivery>> SendAsync(
        RelayWork work, string sender, IReadOnlyList<RelayTarget> recipients, CancellationToken cancellationToken)
    {
        var done = new List<Delivery>(recipients.Count);
        var left = recipients;
        var reason = new RelayReply(0, "4.4.1", "No host could be reached");
        var impossible = new List<Delivery>();
        foreach (var host in InOrder())
        {
            if (host.Outage > TimeSpan.Zero)
                continue;
            (left, reason) = await SendAsync(host, work, sender, left, done, impossible, reason, cancellationToken);
            if (left.Count == 0)
                return done;
        }

        foreach (var recipient in left)
        {
            // What one host cannot do another one may: only when none of them can it is given up
            var refusals = impossible.FindAll(delivery => delivery.Target == recipient);
            done.Add(refusals.Count == _hosts.Length ? refusals[^1] : new Delivery(recipient, RelayFate.Deferred, refusals.Count == 0 ? reason : ForNow(refusals[^1].Reply)));
        }

        return done;
    }

    private static RelayReply ForNow(RelayReply reply) => reply with { Status = "4" + reply.Status[1..] };

    public async ValueTask DisposeAsync()
    {
        await _trimmer.DisposeAsync();
        foreach (var host in _hosts)
            await host.DisposeAsync();
    }

    /// <summary>Sends through one host. Returns the recipients that another one may be tried for.</summary>
    private async Task<(IReadOnlyList<RelayTarget> Left, RelayReply Reason)> SendAsync(
        SmtpHost host,
        RelayWork work,
        string sender,
        IReadOnlyList<RelayTarget> recipients,
        List<Delivery> done,
        List<Delivery> impossible,
        RelayReply reason,
        CancellationToken cancellationToken)
    {
        var left = recipients;
        var others = new List<RelayTarget>();
        while (left.Count > 0)
        {
            SmtpTransaction? transaction = null;
            SmtpConnection? connection = null;
            var isReused = false;
            try
            {
                connection = host.TryReuse();
                isReused = connection is not null;
                connection ??= await host.OpenAsync(cancellationToken);
                var (group, hidesSender) = Group(connection.Capabilities, left);
                transaction = new SmtpTransaction(
                    connection, _queue, work, new SmtpEnvelope(work, sender, connection.Capabilities, hidesSender, _time.GetUtcNow()), _options, group);
                await transaction.RunAsync(cancellationToken);
                done.AddRange(transaction.Deliveries);
                impossible.AddRange(transaction.Impossible);
                others.AddRange(transaction.Impossible.Select(static delivery => delivery.Target));
                left = Without(left, transaction);
                await host.ReturnAsync(connection, cancellationToken);
                if (transaction.Deferred is { } deferred)
                    return ([.. others, .. left], deferred.ToReply(host.Name));
            }
            catch (SmtpException e)
            {
                connection?.Dispose();

                // A server may close a connection that was idle just when it is used again: that says nothing of the server
                if (isReused && transaction is not { HasBegun: true })
                    continue;
                reason = e.Reply?.ToReply(host.Name) ?? new RelayReply(0, "4.4.2", e.Message, host.Name);
                if (reason.Code >= 500)
                    reason = reason with { Status = "4.3.5" }; // the host as it is set up will not do, which is no fault of the message
                var pause = host.Failed();
                _metrics.HostFailed(host.Name);
                Log.HostFailed(_logger, host.Name, e.Message, pause);
                if (transaction is null)
                    return ([.. others, .. left], reason);
                done.AddRange(transaction.Deliveries);
                impossible.AddRange(transaction.Impossible);
                others.AddRange(transaction.Impossible.Select(static delivery => delivery.Target));
                left = Without(left, transaction);
                if (!transaction.IsComplete)
                    return ([.. others, .. left], reason);

                // Another host could send it a second time
                done.AddRange(transaction.Undecided.Select(recipient => new Delivery(recipient, RelayFate.Deferred, reason)));
                return ([.. others, .. left.Except(transaction.Undecided)], reason);
            }
            catch (Exception e)
            {
                // Nothing that a host did: this node stops, or the message cannot be read. What was decided before stays so
                connection?.Dispose();
                reason = Stopped;
                if (e is not OperationCanceledException)
                {
                    Log.SendFailed(_logger, work.Message, e);
                    reason = Unreadable;
                }

                done.AddRange(transaction?.Deliveries ?? []);
                left = transaction is null ? left : Without(left, transaction);
                done.AddRange(others.Concat(transaction?.Impossible.Select(static delivery => delivery.Target) ?? []).Concat(left)
                    .Select(recipient => new Delivery(recipient, RelayFate.Deferred, reason)));
                return ([], reason);
            }
        }

        return (others, reason);
    }

    // RFC 3461 section 5.2.2 d: to a server that knows no reports, those who want none are named as recipients of a message without a sender
    private static (IReadOnlyList<RelayTarget> Recipients, bool HidesSender) Group(SmtpCapabilities capabilities, IReadOnlyList<RelayTarget> recipients)
    {
        if (capabilities.Dsn)
            return (recipients, false);
        var silent = recipients[0].Recipient.Notify == "NEVER";
        return ([.. recipients.Where(recipient => recipient.Recipient.Notify == "NEVER" == silent)], silent);
    }

    private static List<RelayTarget> Without(IReadOnlyList<RelayTarget> recipients, SmtpTransaction transaction) =>
        [.. recipients.Where(recipient => !transaction.Deliveries.Exists(delivery => delivery.Target == recipient)
            && !transaction.Impossible.Exists(delivery => delivery.Target == recipient))];

    private IEnumerable<SmtpHost> InOrder()
    {
        var first = _options.Balance ? (int)((uint)Interlocked.Increment(ref _next) % _hosts.Length) : 0;
        for (var i = 0; i < _hosts.Length; i++)
            yield return _hosts[(first + i) % _hosts.Length];
    }

    private async Task TrimAsync()
    {
        foreach (var host in _hosts)
            await host.TrimAsync(all: false, CancellationToken.None);
    }

    private static HostAddress Parse(string text, RelayOptions options) =>
        HostAddress.TryParse(text, options, out var host) ? host : throw new ArgumentException($"'{text}' is no host", nameof(options));
}
