using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Sieve;

namespace Sora.Gateway.Lmtp;

/// <summary>The LMTP server (RFC 2033): what all its sessions share.</summary>
public sealed class LmtpServer : IProtocolServer
{
    internal const string ProtocolName = "lmtp";

    private readonly NetworkSet _trusted;
    private readonly string _extensions;

    public LmtpServer(
        LmtpOptions options,
        IAccounts accounts,
        IIntakes intakes,
        IDelivery delivery,
        GatewayMetrics metrics,
        ILogger<LmtpServer> logger,
        TimeProvider time,
        DeliveryScripts? scripts = null)
    {
        Options = options;
        Accounts = accounts;
        Intakes = intakes;
        Delivery = delivery;
        Logger = logger;
        Time = time;
        Scripts = scripts;
        HostName = HostNameOf(options);
        Commands = new LmtpCommandTable(metrics);
        Arrivals = metrics.MessageFlow(ProtocolName, "in");
        Outcomes = new RecipientInstruments(metrics);
        _extensions = "250-PIPELINING\r\n"
            + string.Create(CultureInfo.InvariantCulture, $"250-SIZE {options.MaxMessageSize.Bytes}\r\n")
            + "250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-BINARYMIME\r\n"
            + string.Create(CultureInfo.InvariantCulture, $"250-LIMITS RCPTMAX={options.MaxRecipients}\r\n");
        Extensions = Encoding.ASCII.GetBytes(_extensions);
        _trusted = new NetworkSet(options.TrustedNetworks);
    }

    public string Name => ProtocolName;

    /// <inheritdoc/>
    public bool HasLogins => false;

    /// <inheritdoc/>
    public void WriteRefusal(PipeWriter output, Dismissal refusal) => output.WriteReply(LmtpReply.Dismissed(refusal));

    internal LmtpOptions Options { get; }

    internal IAccounts Accounts { get; }

    internal IIntakes Intakes { get; }

    internal IDelivery Delivery { get; }

    /// <summary>Runs the recipients' scripts; null when there are none.</summary>
    internal DeliveryScripts? Scripts { get; }

    /// <summary>Sends bounces of redirected messages on; null when senders are not rewritten.</summary>
    public BounceReturn? Returns { get; init; }

    /// <summary>
    /// Reports to senders who ask for them; null when nothing leaves this server. Then DSN and DELIVERBY are not announced (RFC 3461 section 3, RFC 2852 section 3), and the client
    /// reports.
    /// </summary>
    public SuccessReports? Reports
    {
        get;
        init
        {
            field = value;
            Extensions = Encoding.ASCII.GetBytes(value is null ? _extensions : _extensions + "250-DSN\r\n250-DELIVERBY\r\n");
        }
    }

    internal ILogger Logger { get; }

    internal TimeProvider Time { get; }

    internal string HostName { get; }

    internal LmtpCommandTable Commands { get; }

    internal MessageInstruments Arrivals { get; }

    internal RecipientInstruments Outcomes { get; }

    /// <summary>Lines of the LHLO reply that are the same for every session.</summary>
    internal byte[] Extensions { get; private init; }

    /// <summary>The listeners that the options name.</summary>
    public IEnumerable<ListenerDefinition> Listeners() => ListenerDefinition.Of(this, Options);

    /// <inheritdoc/>
    public async Task RunAsync(ClientConnection connection, CancellationToken aborted)
    {
        if (!_trusted.Contains(connection.Remote.Address))
        {
            connection.Refuse(Dismissal.NotTrusted);
            connection.Output.WriteReply(LmtpReply.NotTrusted);
            await connection.FlushAsync();
            return;
        }

        await new LmtpSession(this, connection).RunAsync();
    }

    /// <summary>What this host calls itself in greetings and trace fields.</summary>
    public static string HostNameOf(LmtpOptions options)
    {
        if (options.HostName is { } given)
            return given;
        var name = Dns.GetHostName();
        return LmtpAddressParser.IsHostName(name) ? name : "localhost";
    }
}
