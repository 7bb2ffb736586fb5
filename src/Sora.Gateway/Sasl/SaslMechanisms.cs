using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Sasl;

/// <summary>The mechanisms of this server: which a client is told of, and which it gets.</summary>
/// <param name="protocol">What is logged in to.</param>
/// <param name="tokens">Checks bearer tokens; null when none are taken.</param>
internal sealed class SaslMechanisms(
    IAccounts accounts, LoginScopes protocol, SaslOptions options, TimeProvider time, ILogger logger, ITokenVerifier? tokens = null)
{
    private const string Plus = "-PLUS";
    private const string External = "EXTERNAL";

    /// <summary>In the order in which they are named: the strongest first, because some clients take the first they know.</summary>
    public static readonly string[] Known = ["EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"];

    /// <summary>Stands before and behind every check.</summary>
    public LoginGuard Guard { get; set; } = LoginGuard.Off(time);

    private readonly MasterUsers _masters = new(accounts, options, logger);
    private readonly string[] _enabled = [.. Known.Where(name => options.Mechanisms.Contains(name, StringComparer.Ordinal) && (tokens is not null || !IsOAuth(name))
        && (name != External || options.ExternalProtocols.Contains(SaslContext.NameOf(protocol), StringComparer.Ordinal)))];

    /// <summary>The hash functions of which a client that comes now is told; asked once for each connection.</summary>
    public ValueTask<ScramHashes> ScramOfferAsync(CancellationToken cancellationToken) => options.Scram switch
    {
        ScramOffer.Always => new(ScramHashes.Sha1 | ScramHashes.Sha256),
        ScramOffer.Never => new(ScramHashes.None),
        _ => Array.Exists(_enabled, static name => HashOf(name) != ScramHashes.None) ? accounts.ScramForAllAsync(cancellationToken) : new(ScramHashes.None),
    };

    /// <summary>The names a client is told of, if it may authenticate at all.</summary>
    /// <param name="scram">What <see cref="ScramOfferAsync"/> gave when it came.</param>
    public IEnumerable<string> Offered(ClientConnection client, ScramHashes scram)
    {
        foreach (var name in _enabled)
        {
            var hash = HashOf(name);
            if ((hash == ScramHashes.None || scram.HasFlag(hash)) && CanWork(name, client))
                yield return name;
        }
    }

    /// <summary>A new exchange; null when there is no such mechanism, or not on this connection. One that is only hidden can be used.</summary>
    /// <param name="name">In capitals.</param>
    /// <param name="scram">What the client was told of.</param>
    /// <param name="failureDelay">How long the answer to a wrong password is held back.</param>
    public SaslMechanism? Create(string name, ClientConnection client, ScramHashes scram, TimeSpan failureDelay)
    {
        if (!_enabled.Contains(name, StringComparer.Ordinal) || !CanWork(name, client))
            return null;
        var hash = HashOf(name);
        var offersBinding = hash != ScramHashes.None && scram.HasFlag(hash) && client.CanBind && _enabled.Contains(Scram(hash) + Plus, StringComparer.Ordinal);
        var context = Context(client, name, failureDelay, offersBinding);
        return name switch
        {
            "PLAIN" => new PlainMechanism(context),
            "LOGIN" => new LoginMechanism(context),
            External => new ExternalMechanism(context, options.ExternalNames),
            "OAUTHBEARER" or "XOAUTH2" => new OAuthMechanism(context, tokens!, options, isGoogle: name == "XOAUTH2"),
            _ => new ScramMechanism(context, hash, IsPlus(name), ScramMechanism.MakeNonce),
        };
    }

    /// <summary>
    /// Who logs in with a name and a password that were not sent through a mechanism. AUTHENTICATIONFAILED, AUTHORIZATIONFAILED, UNAVAILABLE; the answer to a wrong password is held back.
    /// </summary>
    public ValueTask<MailResult<AccountIdentity>> CheckPasswordAsync(
        ClientConnection client, string user, string password, TimeSpan failureDelay, CancellationToken cancellationToken) =>
        PasswordLogin.CheckAsync(
            Context(client, "password", failureDelay, offersBinding: false), new PlainMessage("", user, password), cancellationToken);

    private SaslContext Context(ClientConnection client, string mechanism, TimeSpan failureDelay, bool offersBinding) =>
        new(accounts, _masters, client, client.Remote.Address, protocol, failureDelay, time, offersBinding, options.ScramErrors) 
        {
            Guard = Guard,
            Mechanism = mechanism,
            NameDelay = failureDelay < options.ScramDelay ? failureDelay : options.ScramDelay,
        };

    private static bool CanWork(string name, ClientConnection client) =>
        (!IsPlus(name) || client.CanBind) && (name != External || client.ClientCertificate is not null);

    private static bool IsOAuth(string name) => name is "OAUTHBEARER" or "XOAUTH2";

    private static bool IsPlus(string name) => name.EndsWith(Plus, StringComparison.Ordinal);

    private static string Scram(ScramHashes hash) => hash == ScramHashes.Sha1 ? "SCRAM-SHA-1" : "SCRAM-SHA-256";

    private static ScramHashes HashOf(string name) =>
        name.StartsWith("SCRAM-SHA-256", StringComparison.Ordinal) ? ScramHashes.Sha256
        : name.StartsWith("SCRAM-SHA-1", StringComparison.Ordinal) ? ScramHashes.Sha1
        : ScramHashes.None;
}
