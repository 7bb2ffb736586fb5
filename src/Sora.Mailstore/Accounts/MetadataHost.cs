using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>Annotations in the database, within their limits.</summary>
public sealed class MetadataHost(Database database, MetadataOptions options, ILoggerFactory loggers) : IMetadata
{
    private readonly MetadataStore _store = new(database.Write);
    private readonly ILogger _logger = loggers.CreateLogger<MetadataHost>();

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

    public async Task<MailResult<MetadataWritten>> WriteAsync(
        AccountId user, MailboxId mailbox, IReadOnlyList<MetadataEntry> entries, CancellationToken cancellationToken)
    {
        foreach (var entry in entries)
        {
            if (entry.Value?.Length > options.MaxValue.Bytes)
                return new MetadataWritten(MetadataOutcome.TooLarge, options.MaxValue.Bytes);
        }

        try
        {
            return await _store.WriteAsync(user, mailbox, entries, options, cancellationToken) is { } written ? written : MailError.NoSuchMailbox();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.AccountFailed(_logger, e);
            return MailError.Unavailable();
        }
    }

    private static bool IsWithinOneLevel(string name, string above) =>
        name.StartsWith(above, StringComparison.OrdinalIgnoreCase)
            && (name.Length == above.Length || (name[above.Length] == '/' && name.IndexOf('/', above.Length + 1) < 0));
}
