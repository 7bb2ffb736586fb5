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
    public ReadOnlyMemory<byte> RefusalLine { get; } = "* BYE [UNAVAILABLE] Too many connections, or the server is going down\r\n"u8.ToArray();

    /// <inheritdoc/>
    public string Alpn => "imap";

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
    internal SaslMechanisms Sasl { get; } = new(accounts, sasl ?? new SaslOptions(), time, logger, tokens);

    /// <summary>Capabilities that nobody may use.</summary>
    internal HashSet<string> Disabled { get; } = new(options.DisabledCaps, StringComparer.OrdinalIgnoreCase);

    internal TimeProvider Time => time;

    internal ILogger Logger => logger;

    internal CommandTable Commands { get; } = new(metrics);

    internal MessageInstruments MessagesIn { get; } = metrics.MessageFlow("imap", "in");

    internal MessageInstruments MessagesOut { get; } = metrics.MessageFlow("imap", "out");

    /// <inheritdoc/>
    public async Task RunAsync(ClientConnection connection, CancellationToken aborted)
    {
        using var imap = new ImapConnection(this, connection);
        await imap.RunAsync();
    }
}
