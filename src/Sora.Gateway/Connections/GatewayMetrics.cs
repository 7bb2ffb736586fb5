using System.Diagnostics;
using System.Diagnostics.Metrics;
using Sora.Contracts;
using Sora.Gateway.Replicas;

namespace Sora.Gateway.Connections;

/// <summary>
/// The gateway's instruments on the meter "Sora". Handles with fixed labels are made once per protocol or command, so that counting on
/// the hot path allocates nothing.
/// </summary>
public sealed class GatewayMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Sora";

    private readonly Meter _meter;
    private readonly Counter<long> _tlsHandshakes;

    public GatewayMetrics(IMeterFactory? factory = null)
    {
        _meter = factory?.Create(MeterName) ?? new Meter(MeterName);
        CurrentConnections = _meter.CreateUpDownCounter<long>("sora_connections_current", null, "Open connections");
        TotalConnections = _meter.CreateCounter<long>("sora_connections_total", null, "Connections that were served");
        RefusedConnections = _meter.CreateCounter<long>("sora_connections_refused_total", null, "Connections that were refused");
        ConnectionsLimit = _meter.CreateUpDownCounter<long>("sora_connections_limit", null, "Connections that there may be; 0 is no limit");
        EndedConnections = _meter.CreateCounter<long>("sora_connections_ended_total", null, "Connections that the server ended early, by reason");
        RefusedCommands = _meter.CreateCounter<long>("sora_commands_refused_total", null, "Commands that were refused so that the server or its users are safe, by reason");
        _tlsHandshakes = _meter.CreateCounter<long>("sora_tls_handshakes_total", null, "TLS handshakes");
        Logins = _meter.CreateCounter<long>("sora_logins_total", null, "Attempts to log in, by how they ended");
        Commands = _meter.CreateCounter<long>("sora_commands_total", null, "Commands by outcome");
        CommandDuration = _meter.CreateHistogram<double>("sora_command_duration_seconds", "s", "Time from a command to its answer");
        Messages = _meter.CreateCounter<long>("sora_messages_total", null, "Messages that came in or went out");
        MessageBytes = _meter.CreateCounter<long>("sora_message_bytes_total", "By", "Bytes of messages that came in or went out");
        SieveRuns = _meter.CreateCounter<long>("sora_sieve_runs_total", null, "Messages that scripts looked at, at deliveries and in mailboxes");
        SieveDuration = _meter.CreateHistogram<double>("sora_sieve_run_duration_seconds", "s", "Time that the scripts of one delivery took");
        SieveActions = _meter.CreateCounter<long>("sora_sieve_actions_total", null, "What scripts did");
        ReplicaLag = _meter.CreateHistogram<double>("sora_replica_lag_seconds", "s", "Time from hearing that a mailbox has changed to having the change for clients");
        Recipients = _meter.CreateCounter<long>("sora_lmtp_recipients_total", null, "LMTP recipients by the reply they got");
    }

    internal UpDownCounter<long> CurrentConnections { get; }

    internal Counter<long> TotalConnections { get; }

    internal Counter<long> RefusedConnections { get; }

    internal UpDownCounter<long> ConnectionsLimit { get; }

    internal Counter<long> EndedConnections { get; }

    internal Counter<long> RefusedCommands { get; }

    internal Counter<long> Logins { get; }

    internal Counter<long> Commands { get; }

    internal Histogram<double> CommandDuration { get; }

    internal Counter<long> Messages { get; }

    internal Counter<long> MessageBytes { get; }

    internal Counter<long> Recipients { get; }

    internal Histogram<double> ReplicaLag { get; }

    internal Counter<long> SieveRuns { get; }

    internal Histogram<double> SieveDuration { get; }

    internal Counter<long> SieveActions { get; }

    /// <summary>
    /// A handle that counts one command of a protocol. Make it once; the name comes from the command table, never from a client.
    /// </summary>
    public CommandInstruments Command(string protocol, string command) => new(this, protocol, command);

    /// <summary>A handle that counts messages of a protocol in one direction.</summary>
    /// <param name="direction">"in" or "out".</param>
    public MessageInstruments MessageFlow(string protocol, string direction) => new(this, protocol, direction);

    /// <summary>Counts a TLS handshake.</summary>
    public void TlsHandshake(string protocol, bool success) =>
        _tlsHandshakes.Add(1, new("protocol", protocol), new KeyValuePair<string, object?>("result", success ? "ok" : "failed"));

    /// <summary>Tells when the certificates in use expire.</summary>
    public void Watch(CertificateSource certificates) => _meter.CreateObservableGauge(
        "sora_tls_certificate_expiry_timestamp_seconds",
        () => certificates.InUse.Select(static one => new Measurement<double>(
            new DateTimeOffset(one.NotAfter).ToUnixTimeSeconds(), new("certificate", one.Name), new KeyValuePair<string, object?>("key", one.Key))),
        "s", "End of validity of a TLS certificate in use, in seconds since 1970");

    /// <summary>Tells of the mailboxes that sessions have open.</summary>
    public void Watch(MailboxReplicas replicas)
    {
        _meter.CreateObservableGauge("sora_replicas_open", () => replicas.Count, null, "Mailboxes that sessions of this node have open");
        _meter.CreateObservableGauge("sora_replicas_behind", () => replicas.CountBehind(), null, "Of these, those with changes that are known of and not here yet");
    }

    /// <summary>Counts an attempt to log in.</summary>
    /// <param name="mechanism">One that the server knows, never a client's word.</param>
    internal void Login(string protocol, string mechanism, LoginOutcome outcome, string? reason) =>
        Logins.Add(
            1, new("protocol", protocol), new("mechanism", mechanism),
            new KeyValuePair<string, object?>("result", reason is null ? Name(outcome) : $"{Name(outcome)}_{reason}"));

    private static string Name(LoginOutcome outcome) => outcome switch
    {
        LoginOutcome.Ok => "ok",
        LoginOutcome.Wrong => "wrong",
        LoginOutcome.Blocked => "blocked",
        LoginOutcome.Unauthorized => "unauthorized",
        _ => "unavailable",
    };

    public void Dispose() => _meter.Dispose();

    internal ConnectionInstruments Connections(string protocol, bool implicitTls) => new(this, protocol, implicitTls);
}

/// <summary>Counts one command of a protocol.</summary>
public sealed class CommandInstruments
{
    private readonly GatewayMetrics _metrics;
    private readonly KeyValuePair<string, object?>[] _labels;
    private readonly KeyValuePair<string, object?>[] _ok;
    private readonly KeyValuePair<string, object?>[] _failed;
    private readonly string _span;

    internal CommandInstruments(GatewayMetrics metrics, string protocol, string command)
    {
        _metrics = metrics;
        _span = $"{protocol} {command}";
        _labels = [new("protocol", protocol), new("command", command)];
        _ok = [.. _labels, new("result", "ok")];
        _failed = [.. _labels, new("result", "failed")];
    }

    /// <summary>Begins a span of one execution, for whoever collects traces; null when nobody does. It ends when it is disposed.</summary>
    public Activity? Trace() => Tracing.Source.StartActivity(_span, ActivityKind.Server);

    /// <summary>Counts one execution.</summary>
    /// <param name="success">False for NO, BAD, 4xx, 5xx.</param>
    /// <param name="span">Of this execution.</param>
    public void Record(TimeSpan duration, bool success, Activity? span)
    {
        if (!success)
            span?.SetStatus(ActivityStatusCode.Error);
        _metrics.Commands.Add(1, success ? _ok : _failed);
        _metrics.CommandDuration.Record(duration.TotalSeconds, _labels);
    }
}

/// <summary>Counts messages of a protocol in one direction.</summary>
public sealed class MessageInstruments
{
    private readonly GatewayMetrics _metrics;
    private readonly KeyValuePair<string, object?>[] _labels;

    internal MessageInstruments(GatewayMetrics metrics, string protocol, string direction)
    {
        _metrics = metrics;
        _labels = [new("protocol", protocol), new("direction", direction)];
    }

    /// <summary>Counts one message.</summary>
    public void Record(long bytes)
    {
        _metrics.Messages.Add(1, _labels);
        _metrics.MessageBytes.Add(bytes, _labels);
    }
}

/// <summary>Counts connections of a listener.</summary>
internal sealed class ConnectionInstruments(GatewayMetrics metrics, string protocol, bool implicitTls)
{
    private readonly KeyValuePair<string, object?>[] _labels =
        [new("protocol", protocol), new("tls", implicitTls ? "implicit" : "none_or_starttls")];

    public void Opened()
    {
        metrics.CurrentConnections.Add(1, _labels);
        metrics.TotalConnections.Add(1, _labels);
    }

    public void Closed() => metrics.CurrentConnections.Add(-1, _labels);

    public void Refused(string reason) =>
        metrics.RefusedConnections.Add(1, new("protocol", protocol), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a command that a session may not run, or not so.</summary>
    /// <param name="reason">One of few.</param>
    public void CommandRefused(string reason) =>
        metrics.RefusedCommands.Add(1, new("protocol", protocol), new KeyValuePair<string, object?>("reason", reason));

    /// <summary>Counts a connection that the server ended.</summary>
    /// <param name="reason">One of few.</param>
    public void Ended(string reason) =>
        metrics.EndedConnections.Add(1, new("protocol", protocol), new KeyValuePair<string, object?>("reason", reason));
}
