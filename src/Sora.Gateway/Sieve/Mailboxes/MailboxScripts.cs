using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Gateway.Replicas;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>
/// Scripts for messages that are in mailboxes: on what clients do to them (RFC 6785), and by FILTER. What scripts do on events is done once at most: a process that ends
/// before it has run them does not run them later.
/// </summary>
public sealed class MailboxScripts : IAsyncDisposable
{
    private readonly EventBindings? _bindings;

    /// <param name="scripts">Runs scripts, and sends what they send.</param>
    /// <param name="mailboxes">The mailboxes.</param>
    /// <param name="messages">The messages in them.</param>
    /// <param name="metadata">Which mailbox has been given which script.</param>
    /// <param name="personal">The scripts of accounts.</param>
    /// <param name="replicas">Mailboxes that are open.</param>
    /// <param name="compiler">What scripts of accounts may use.</param>
    /// <param name="options">[sieve_imap]</param>
    /// <param name="url">The ManageSieve server that clients are told of; null for none.</param>
    /// <param name="disabledCaps">imap.disabled_caps: with IMAPSIEVE among them scripts of users run on no events.</param>
    public MailboxScripts(
        DeliveryScripts scripts,
        IMailboxes mailboxes,
        IMessageStore messages,
        IMetadata metadata,
        ISieveScripts personal,
        MailboxReplicas replicas,
        SieveCompilerOptions compiler,
        SieveImapOptions options,
        string? url,
        IReadOnlyList<string> disabledCaps)
    {
        ArgumentNullException.ThrowIfNull(scripts);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(compiler);
        ArgumentNullException.ThrowIfNull(disabledCaps);
        Scripts = scripts;
        Mailboxes = mailboxes;
        Messages = messages;
        Replicas = replicas;
        Options = options;
        Url = options.Events && !string.IsNullOrEmpty(url) && !disabledCaps.Contains("IMAPSIEVE", StringComparer.OrdinalIgnoreCase) ? url : null;
        if (options.Events)
        {
            _bindings = Url is null ? null : new EventBindings(metadata, options, scripts.Time);
            Events = new EventRunner(this, new EventScripts(scripts.Planner.Ports.Library, scripts.Globals, _bindings));
        }

        if (options.Filter)
            Filters = new FilterScripts(scripts, personal, compiler);
    }

    /// <summary>What IMAPSIEVE says in the capabilities; null when users' scripts run on no events.</summary>
    internal string? Url { get; }

    internal DeliveryScripts Scripts { get; }

    internal IMailboxes Mailboxes { get; }

    internal IMessageStore Messages { get; }

    internal MailboxReplicas Replicas { get; }

    internal SieveImapOptions Options { get; }

    /// <summary>Null when nothing runs on events.</summary>
    internal EventRunner? Events { get; }

    /// <summary>Null when clients cannot run scripts themselves.</summary>
    internal FilterScripts? Filters { get; }

    /// <summary>Waits for scripts that still run, as long as commands would have waited for them, then stops them.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Events is not null)
            await Events.DisposeAsync();
        _bindings?.Dispose();
    }

    /// <summary>An account and who it is, for its scripts; null when it is gone.</summary>
    internal static async ValueTask<DeliveryRecipient?> RecipientAsync(IAccount account, CancellationToken cancellationToken) =>
        await account.AddressesAsync(cancellationToken) is [var primary, ..] ? new DeliveryRecipient(primary, account.Id, primary, null) : null;

    /// <summary>The items of environment for a mailbox.</summary>
    internal ScriptEnvironment EnvironmentOf(MailboxName mailbox) => new(Scripts.HostName, "", null) { DefaultMailbox = mailbox.Value };

    internal ILogger Logger => Scripts.Logger;
}
