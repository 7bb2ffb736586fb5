using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>Annotations in the database, within their limits, and the news of their changes in all processes.</summary>
public sealed class MetadataHost : IMetadata, IDisposable
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = new();
    private readonly MetadataStore _store;
    private readonly ChangeFeed _feed;
    private readonly MailboxHost _mailboxes;
    private readonly AccountHost _accounts;
    private readonly MetadataOptions _options;
    private readonly ILogger _logger;

    public MetadataHost(
        Database database, ChangeFeed feed, MailboxHost mailboxes, AccountHost accounts, MetadataOptions options, ILoggerFactory loggers)
    {
        _store = new MetadataStore(database.Write);
        _feed = feed;
        _mailboxes = mailboxes;
        _accounts = accounts;
        _options = options;
        _logger = loggers.CreateLogger<MetadataHost>();
        feed.MetadataChanged += Receive;
    }

    public async Task<MailResult<ImmutableArray<Annotation>>> ReadAsync(MetadataQuery query, CancellationToken cancellationToken)
    {
        try
        {
            var found = await _store.ReadAsync(query, cancellationToken);
            if (query.Depth == MetadataDepth.One)
                found.RemoveAll(annotation => !query.Entries.Any(entry => IsWithinOneLevel(annotation.Name, entry)));
            return found.ToImmutableArray();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    public async Task<MailResult<MetadataWritten>> WriteAsync(MetadataWrite write, CancellationToken cancellationToken)
    {
        foreach (var entry in write.Entries)
        {
            if (entry.Value?.Length > _options.MaxValue.Bytes)
                return new MetadataWritten(MetadataOutcome.TooLarge, _options.MaxValue.Bytes);
        }

        try
        {
            var written = write.Mailbox.Value == 0
                ? await _store.WriteServerAsync(write, _options, cancellationToken)
                : await MailboxTouch.RunAsync(
                    _mailboxes.Find(write.Mailbox), record => _store.WriteMailboxAsync(write, record, _options, cancellationToken), cancellationToken);
            if (written is { IsOk: true, Value.Outcome: MetadataOutcome.Done })
                Announce(write);
            return written;
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    public IDisposable Subscribe(IMetadataSubscriber subscriber)
    {
        var subscription = new Subscription(this, subscriber);
        _subscriptions.TryAdd(subscription, 0);
        return subscription;
    }

    public void Dispose() => _feed.MetadataChanged -= Receive;

    private void Announce(MetadataWrite write)
    {
        var names = write.Entries.Select(static entry => entry.Name);
        if (write.Use is not null)
        {
            _accounts.Announce(write.User); // its list of mailboxes names it
            names = names.Append(MetadataWrite.SpecialUseEntry);
        }

        var change = new MetadataChange(write.Mailbox, write.User, write.Operation, [.. names]);
        Publish(change);
        foreach (var entry in change.Entries)
        {
            _feed.AnnounceMetadata(string.Create(
                CultureInfo.InvariantCulture, $"{change.Mailbox.Value}:{change.User.Value}:{Uri.EscapeDataString(entry)}"));
        }
    }

    private void Receive(string text)
    {
        if (text.Split(':') is [var mailbox, var user, var entry]
            && long.TryParse(mailbox, CultureInfo.InvariantCulture, out var mailboxId)
            && long.TryParse(user, CultureInfo.InvariantCulture, out var userId))
        {
            Publish(new MetadataChange(new MailboxId(mailboxId), new AccountId(userId), OperationId.None, [Uri.UnescapeDataString(entry)]));
        }
    }

    private void Publish(MetadataChange change)
    {
        foreach (var (subscription, _) in _subscriptions)
            subscription.Subscriber.MetadataChanged(change);
    }

    private static bool IsWithinOneLevel(string name, string above) =>
        name.StartsWith(above, StringComparison.OrdinalIgnoreCase)
            && (name.Length == above.Length || (name[above.Length] == '/' && name.IndexOf('/', above.Length + 1) < 0));

    private sealed class Subscription(MetadataHost host, IMetadataSubscriber subscriber) : IDisposable
    {
        public IMetadataSubscriber Subscriber => subscriber;

        public void Dispose() => host._subscriptions.TryRemove(this, out _);
    }
}
