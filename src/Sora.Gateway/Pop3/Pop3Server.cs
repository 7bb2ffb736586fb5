using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Replicas;
using Sora.Gateway.Sasl;

namespace Sora.Gateway.Pop3;

/// <summary>The POP3 server (RFC 1939): what all its connections share.</summary>
public sealed class Pop3Server : IProtocolServer
{
    internal const string ProtocolName = "pop3";

    public Pop3Server(
        Pop3Options options,
        IAccounts accounts,
        IMaildrops maildrops,
        IMailboxes mailboxes,
        IMessageStore messages,
        MailboxReplicas replicas,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<Pop3Server> logger,
        SaslOptions? sasl = null,
        ITokenVerifier? tokens = null)
    {
        Options = options;
        Accounts = accounts;
        Maildrops = maildrops;
        Mailboxes = mailboxes;
        Messages = messages;
        Replicas = replicas;
        Time = time;
        Logger = logger;
        Sasl = new SaslMechanisms(accounts, LoginScopes.Pop3, sasl ?? new SaslOptions(), time, logger, tokens);
        Commands = new CommandTable(metrics);
        Retrieved = metrics.MessageFlow(ProtocolName, "out");
        UidlFormat = UidlFormat.Parse(options.UidlFormat);
    }

    /// <inheritdoc/>
    public string Name => ProtocolName;

    /// <inheritdoc/>
    public void WriteRefusal(PipeWriter output, Dismissal refusal) =>
        Pop3Reply.Error(refusal.Text, refusal.IsTemporary ? ResponseCode.SysTemp : ResponseCode.SysPerm).Write(output);

    /// <inheritdoc/>
    public string Alpn => ProtocolName;

    /// <inheritdoc/>
    public bool WantsClientCertificates => true;

    /// <summary>How old messages of the maildrop may grow before the server removes them; null when it removes none (EXPIRE, RFC 2449 section 6.7).</summary>
    public TimeSpan? MaxAge { get; init; }

    internal Pop3Options Options { get; }

    internal IAccounts Accounts { get; }

    internal IMaildrops Maildrops { get; }

    internal IMailboxes Mailboxes { get; }

    internal IMessageStore Messages { get; }

    internal MailboxReplicas Replicas { get; }

    internal TimeProvider Time { get; }

    internal ILogger Logger { get; }

    internal SaslMechanisms Sasl { get; }

    /// <summary>Stands before and behind every login.</summary>
    public LoginGuard Guard
    {
        get => Sasl.Guard;
        init => Sasl.Guard = value;
    }

    internal CommandTable Commands { get; }

    internal MessageInstruments Retrieved { get; }

    internal UidlFormat UidlFormat { get; }

    /// <summary>The listeners that the options name.</summary>
    public IEnumerable<ListenerDefinition> Listeners() => ListenerDefinition.Of(this, Options);

    /// <inheritdoc/>
    public async Task RunAsync(ClientConnection connection, CancellationToken aborted)
    {
        await using var session = new Pop3Connection(this, connection);
        await session.RunAsync();
    }
}
