using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Commands;
using Sora.Gateway.Replicas;
using Sora.Gateway.Sasl;
using Sora.Gateway.Sieve.Mailboxes;

namespace Sora.Gateway.Imap;

/// <summary>The IMAP server: what all its connections share.</summary>
public sealed class ImapServer(
    IAccounts accounts,
    ISharing sharing,
    IMailboxes mailboxes,
    IMessageStore messages,
    IIntakes intakes,
    IQuotas quotas,
    IMetadata metadata,
    MailboxReplicas replicas,
    ImapOptions options,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<ImapServer> logger,
    IMessageKeys keys,
    ISearchIndex? index = null,
    MailboxScripts? scripts = null,
    SaslOptions? sasl = null,
    ITokenVerifier? tokens = null) : IProtocolServer
{
    /// <inheritdoc/>
    public string Name => "imap";

    /// <inheritdoc/>
    public void WriteRefusal(PipeWriter output, Dismissal refusal) =>
        output.Write(Encoding.ASCII.GetBytes($"* BYE {(refusal.IsTemporary ? "[UNAVAILABLE] " : "")}{refusal.Text}\r\n"));

    /// <inheritdoc/>
    public string Alpn => "imap";

    /// <inheritdoc/>
    public bool WantsClientCertificates => true;

    internal IAccounts Accounts => accounts;

    internal ISharing Sharing => sharing;

    internal Namespaces Namespaces { get; } = new(options.OtherUsersPrefix, options.SharedPrefix);

    internal IMailboxes Mailboxes => mailboxes;

    internal IMessageStore Messages => messages;

    internal IMessageKeys Keys => keys;

    /// <summary>The index of the messages' text; null when there is none and messages must be read.</summary>
    internal ISearchIndex? Index => index;

    /// <summary>Sieve scripts on messages in mailboxes; null when there are none.</summary>
    internal MailboxScripts? Scripts => scripts;

    /// <summary>How many searches accounts may make.</summary>
    internal Search.SearchRate SearchRate { get; } = new(options, time);

    internal Fetch.PreviewCache Previews { get; } = new(options.MaxPreviews);

    internal IIntakes Intakes => intakes;

    internal IQuotas Quotas => quotas;

    internal IMetadata Metadata => metadata;

    internal MailboxReplicas Replicas => replicas;

    internal ImapOptions Options => options;

    /// <summary>How clients log in.</summary>
    internal SaslMechanisms Sasl { get; } = new(accounts, LoginScopes.Imap, sasl ?? new SaslOptions(), time, logger, tokens);

    /// <summary>Stands before and behind every login.</summary>
    public LoginGuard Guard
    {
        get => Sasl.Guard;
        init => Sasl.Guard = value;
    }

    /// <summary>Capabilities that nobody may use.</summary>
    internal HashSet<string> Disabled { get; } = new(options.DisabledCaps, StringComparer.OrdinalIgnoreCase);

    internal TimeProvider Time => time;

    internal ILogger Logger => logger;

    internal CommandTable Commands { get; } = new(metrics);

    internal MessageInstruments MessagesIn { get; } = metrics.MessageFlow("imap", "in");

    internal MessageInstruments MessagesOut { get; } = metrics.MessageFlow("imap", "out");

    /// <summary>The listeners that the options name.</summary>
    public IEnumerable<ListenerDefinition> Listeners() => ListenerDefinition.Of(this, options);

    /// <inheritdoc/>
    public async Task RunAsync(ClientConnection connection, CancellationToken aborted)
    {
        using var imap = new ImapConnection(this, connection);
        await imap.RunAsync();
    }
}
