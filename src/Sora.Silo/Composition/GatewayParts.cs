using Microsoft.Extensions.DependencyInjection.Extensions;
using Sora.Acme;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap;
using Sora.Gateway.Lmtp;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Pop3;
using Sora.Gateway.Replicas;
using Sora.Gateway.Sasl;
using Sora.Gateway.Sieve;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Relay;
using Sora.Silo.Configuration;

namespace Sora.Silo.Composition;

/// <summary>The mail protocols of this node on their sockets.</summary>
internal sealed class GatewayParts : IAsyncDisposable
{
    private readonly WebApplication _app;

    private GatewayParts(WebApplication app, GatewayListeners listeners, CertificateSource? certificates)
    {
        _app = app;
        Listeners = listeners;
        Certificates = certificates;
    }

    public GatewayListeners Listeners { get; }

    /// <summary>The certificates of TLS; null when there is none.</summary>
    public CertificateSource? Certificates { get; }

    /// <summary>Binds all listeners; from here on clients are served.</summary>
    /// <exception cref="StartException">A certificate cannot be read, or an address cannot be listened on.</exception>
    public static async Task<GatewayParts> StartAsync(
        SoraOptions options, string dataFolder, MailstoreParts mailstore, IdentityParts identity, Parts parts, ILoggerFactory loggers, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var metrics = parts.AddDisposable("Metrics of the gateway", new GatewayMetrics());
        var definitions = Definitions(options, mailstore, identity, parts, metrics, loggers, time).ToList();
        var certificates = await CertificatesAsync(options, dataFolder, mailstore, parts, loggers, time, cancellationToken);
        var listeners = parts.AddDisposable("Listeners", new GatewayListeners(
            definitions.Select(definition => definition.Listener), options.Connections, certificates, metrics,
            loggers.CreateLogger<GatewayListeners>(), time, mailstore.SessionNews));
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "sora" });
        builder.Services.AddSingleton(loggers);
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoSignals>());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => listeners.Configure(kestrel));
        listeners.AddTransport(builder.Services);
        var app = builder.Build();
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (StartException.FromListening(e, definitions.Select(definition => (definition.Key, definition.Listener.EndPoint))) is { } start)
                throw start;
            throw;
        }

        parts.Add("Answers about sessions", mailstore.AnswerSessions(new GatewaySessions(listeners)));
        return parts.Add("Sockets", new GatewayParts(app, listeners, certificates));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static IEnumerable<(string Key, ListenerDefinition Listener)> Definitions(
        SoraOptions options, MailstoreParts mailstore, IdentityParts identity, Parts parts, GatewayMetrics metrics, ILoggerFactory loggers, TimeProvider time)
    {
        var scripts = Scripts(options, mailstore, metrics, loggers, time);
        var lmtp = new LmtpServer(
            options.Lmtp, mailstore.Users, mailstore.Bodies.Intakes, mailstore.Delivery, metrics, loggers.CreateLogger<LmtpServer>(), time,
            scripts)
        {
            Returns = SenderRewriting.Of(options.Relay.Srs, time) is { } rewriting ? new BounceReturn(mailstore.Relay, rewriting) : null,
            Reports = options.Relay.IsConfigured ? new SuccessReports(mailstore.Relay, options.Relay.Reports.From, options.Delivery.SuppressDuplicates) : null,
        };
        foreach (var listener in lmtp.Listeners())
            yield return ("lmtp." + listener.Key, listener);

        var guard = new LoginGuard(mailstore.LoginLimits, mailstore.Journal, mailstore.Users, metrics, time, loggers.CreateLogger<LoginGuard>());
        var replicas = new MailboxReplicas(mailstore.Writers, metrics, time, loggers.CreateLogger<MailboxReplicas>());
        var inMailboxes = parts.Add("Scripts of events in IMAP", new MailboxScripts(
            scripts, mailstore.Writers, mailstore.Bodies.Messages, mailstore.Metadata, mailstore.Scripts, replicas,
            options.SieveLimits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()), options.SieveImap, SieveUrl(options), options.Imap.DisabledCaps));
        var imap = new ImapServer(
            mailstore.Users, mailstore.Sharing, mailstore.Writers, mailstore.Bodies.Messages, mailstore.Bodies.Intakes, mailstore.Quotas, mailstore.Metadata, replicas,
            options.Imap, metrics, time, loggers.CreateLogger<ImapServer>(), mailstore.Search.Keys, mailstore.Search.Index, inMailboxes, options.Sasl, identity.Tokens)
        {
            Guard = guard,
        };
        foreach (var listener in imap.Listeners())
            yield return ("imap." + listener.Key, listener);

        var pop3 = new Pop3Server(
            options.Pop3, mailstore.Users, mailstore.Maildrops, mailstore.Writers, mailstore.Bodies.Messages, replicas, metrics, time,
            loggers.CreateLogger<Pop3Server>(), options.Sasl, identity.Tokens)
        {
            Guard = guard,
            MaxAge = options.Retention.MaxAgeOfInbox,
        };
        foreach (var listener in pop3.Listeners())
            yield return ("pop3." + listener.Key, listener);

        var sieve = new ManageSieveServer(
            options.Managesieve, mailstore.Users, mailstore.Scripts, options.SieveLimits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()),
            options.SieveLimits.ToLimits(), metrics, time, loggers.CreateLogger<ManageSieveServer>(), options.Sasl, identity.Tokens)
        {
            Library = scripts.Library,
            Guard = guard,
        };
        foreach (var listener in sieve.Listeners())
            yield return ("managesieve." + listener.Key, listener);
    }

    // Where clients put their scripts (RFC 6785 section 2.1)
    private static string? SieveUrl(SoraOptions options)
    {
        const int StandardPort = 4190;
        if (options.SieveImap.Url is { } given)
            return given;
        if (options.Managesieve.Listen.Concat(options.Managesieve.TlsListen).FirstOrDefault() is not { } address)
            return null;
        var host = LmtpServer.HostNameOf(options.Lmtp);
        return ListenAddress.Parse(address).Port is var port && port is StandardPort or 0 ? $"sieve://{host}" : $"sieve://{host}:{port}";
    }

    private static DeliveryScripts Scripts(
        SoraOptions options, MailstoreParts mailstore, GatewayMetrics metrics, ILoggerFactory loggers, TimeProvider time)
    {
        var limits = options.SieveLimits;
        var library = new ScriptLibrary(
            mailstore.Scripts, mailstore.SieveFiles, limits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()),
            limits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32()), limits.MaxCompiledScripts, limits.MaxCompiledSize.Bytes);
        var ports = new ScriptPorts(
            mailstore.Users, mailstore.Sharing, library, options.SieveDelivery,
            limits.ToLimits() with { MaxDuplicateLifetime = options.Sieve.MaxDuplicatePeriod }, options.Imap.OtherUsersPrefix, options.Imap.SharedPrefix)
        {
            DetailSeparators = options.Lmtp.RecipientDelimiter,
            History = mailstore.SieveHistory,
            Metadata = mailstore.Metadata,
            Lists = mailstore.SieveLists,
            AdminContact = options.Imap.AdminContact ?? "",
        };
        return new DeliveryScripts(
            new ScriptPlanner(ports), mailstore.SieveFiles, mailstore.SieveHistory, mailstore.Relay, mailstore.Bodies.Intakes, mailstore.Quotas,
            options.Delivery.SuppressDuplicates, LmtpServer.HostNameOf(options.Lmtp), metrics, time, loggers.CreateLogger<DeliveryScripts>());
    }

    private static async Task<CertificateSource?> CertificatesAsync(
        SoraOptions options, string dataFolder, MailstoreParts mailstore, Parts parts, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger<CertificateSource>();
        if (!mailstore.Certificates.IsUsable && (await mailstore.Certificates.ListAsync(cancellationToken)).Count is > 0 and var unused)
            Log.SharedCertificatesUnused(logger, unused);
        try
        {
            var source = CertificateSource.Create(
                options.Tls, dataFolder, options.Node.EffectiveName, time, logger, mailstore.Certificates.IsUsable ? mailstore.Certificates : null,
                options.Acme is { Enabled: true, Challenge: AcmeChallengeType.TlsAlpn01 } ? mailstore.Acme : null);
            if (source is null)
                return null;
            parts.Add("Certificates", source);
            await source.CheckAsync(cancellationToken);
            if (source.IsSelfSigned)
                Log.SelfSigned(logger);
            source.Start();
            return source;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException or ArgumentException)
        {
            throw new StartException($"tls: {e.Message}", e);
        }
    }
}
