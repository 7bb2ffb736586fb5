using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.Sasl;
using Sora.Gateway.Sieve;
using Sora.Sieve;

namespace Sora.Gateway.ManageSieve;

/// <summary>The ManageSieve server (RFC 5804): what all its connections share.</summary>
public sealed class ManageSieveServer : IProtocolServer
{
    internal const string ProtocolName = "managesieve";

    /// <param name="compiler">How scripts are compiled when they are put, as deliveries compile them.</param>
    /// <param name="limits">How scripts are run: clients are told of some limits.</param>
    /// <param name="sasl">How clients log in.</param>
    /// <param name="tokens">Checks bearer tokens; null when none are taken.</param>
    public ManageSieveServer(
        ManageSieveOptions options,
        IAccounts accounts,
        ISieveScripts scripts,
        SieveCompilerOptions compiler,
        SieveLimits limits,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<ManageSieveServer> logger,
        SaslOptions? sasl = null,
        ITokenVerifier? tokens = null)
    {
        Sasl = new SaslMechanisms(accounts, LoginScopes.ManageSieve, sasl ?? new SaslOptions(), time, logger, tokens);
        Options = options;
        Accounts = accounts;
        Scripts = scripts;
        Compiler = compiler;
        Checker = compiler with { MaxScriptSize = Math.Max(compiler.MaxScriptSize, options.MaxLiteral.ToInt32()) };
        Implementation = options.Implementation ?? $"Sora {typeof(ManageSieveServer).Assembly.GetName().Version?.ToString(3)}";
        Time = time;
        Logger = logger;
        Commands = new CommandTable(metrics);
        SieveExtensions = string.Join(' ', SieveCapabilities.All.Where(compiler.Extensions.Contains));
        NotifyMethods = SieveExtensions.Split(' ').Contains("enotify", StringComparer.Ordinal) ? "mailto" : "";
        ListSchemes = SieveExtensions.Split(' ').Contains("extlists", StringComparer.Ordinal) ? string.Join(' ', SieveListName.Schemes) : "";
        MaxRedirects = limits.MaxRedirects;
        Limits = limits;
    }

    /// <inheritdoc/>
    public string Name => ProtocolName;

    /// <inheritdoc/>
    public void WriteRefusal(PipeWriter output, Dismissal refusal) =>
        ManageSieveReply.Bye(refusal.Text, refusal.IsTemporary ? ResponseCode.TryLater : null).Write(output);

    /// <inheritdoc/>
    public string Alpn => ProtocolName;

    /// <inheritdoc/>
    public bool WantsClientCertificates => true;

    internal ManageSieveOptions Options { get; }

    internal IAccounts Accounts { get; }

    internal ISieveScripts Scripts { get; }

    internal SieveCompilerOptions Compiler { get; }

    /// <summary>How scripts are compiled that are only looked at: quotas do not matter then (section 2.12).</summary>
    internal SieveCompilerOptions Checker { get; }

    internal string Implementation { get; }

    internal SieveLimits Limits { get; }

    /// <summary>Where the scripts are that others include; null where nobody looks at them before they run.</summary>
    public ScriptLibrary? Library { get; init; }

    /// <summary>How clients log in.</summary>
    internal SaslMechanisms Sasl { get; }

    /// <summary>Stands before and behind every login.</summary>
    public LoginGuard Guard
    {
        get => Sasl.Guard;
        init => Sasl.Guard = value;
    }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal CommandTable Commands { get; }

    /// <summary>What scripts may require, with spaces between.</summary>
    internal string SieveExtensions { get; }

    /// <summary>Schemes of the URIs that notify sends to (RFC 5435), with spaces between; must be told when enotify is (section 1.7).</summary>
    internal string NotifyMethods { get; }

    /// <summary>Schemes of the URIs that name external lists, with spaces between; must be told when extlists is (RFC 6134 section 2.8).</summary>
    internal string ListSchemes { get; }

    internal int MaxRedirects { get; }

    /// <summary>The listeners that the options name.</summary>
    public IEnumerable<ListenerDefinition> Listeners() => ListenerDefinition.Of(this, Options);

    /// <inheritdoc/>
    public async Task RunAsync(ClientConnection connection, CancellationToken aborted)
    {
        using var session = new ManageSieveConnection(this, connection);
        await session.RunAsync();
    }
}
