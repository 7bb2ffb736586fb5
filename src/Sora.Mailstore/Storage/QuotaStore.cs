using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Limits as they are stored: null where the next level decides, -1 for none.</summary>
public readonly record struct StoredQuota(long? Storage, long? Messages, long? Mailboxes)
{
    public const long Unlimited = -1;
}

/// <summary>Limits and usage of accounts.</summary>
internal sealed class QuotaStore(NpgsqlDataSource database)
{
    /// <summary>Whether any account or domain has limits of its own.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "SELECT EXISTS (SELECT FROM account_quotas) OR EXISTS (SELECT FROM domain_quotas)");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The account's quota, or null when there is no such account.</summary>
    /// <param name="defaults">The server's limits, for what neither the account nor its domain has.</param>
    /// <param name="withUsage">Sum up the usage even where nothing limits it; otherwise it may be zero then.</param>
    public Task<AccountQuota?> ReadAsync(AccountId account, QuotaLimits defaults, bool withUsage, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectAsync(account, defaults, withUsage, cancellationToken));

    // What a domain or the server says is for users: the shared mailboxes of a domain are limited by nothing but limits of their own.
    // The totals of a mailbox stand in its newest record; the condition on $5 and the limits is decided once, before any mailbox is read
    private async Task<AccountQuota?> SelectAsync(AccountId account, QuotaLimits defaults, bool withUsage, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT q.address, nullif(q.storage, -1), nullif(q.messages, -1), nullif(q.mailboxes, -1), u.size, u.messages, u.mailboxes, q.domain
            FROM (
                SELECT p.address, coalesce(x.shared_domain, p.domain) AS domain,
                    coalesce(a.storage, d.storage, CASE WHEN x.shared_domain IS NULL THEN $2 END) AS storage,
                    coalesce(a.messages, d.messages, CASE WHEN x.shared_domain IS NULL THEN $3 END) AS messages,
                    coalesce(a.mailboxes, d.mailboxes, CASE WHEN x.shared_domain IS NULL THEN $4 END) AS mailboxes
                FROM accounts x
                LEFT JOIN credentials p ON p.account_id = x.id AND p.is_primary
                LEFT JOIN account_quotas a ON a.account_id = x.id
                LEFT JOIN domain_quotas d ON d.domain = p.domain
                WHERE x.id = $1 AND x.deleted_at IS NULL AND (p.account_id IS NOT NULL OR x.shared_domain IS NOT NULL)) AS q
            CROSS JOIN LATERAL (
                SELECT coalesce(sum(l.size), 0)::bigint AS size, coalesce(sum(l.messages), 0)::bigint AS messages, count(*) AS mailboxes
                FROM mailboxes m
                LEFT JOIN LATERAL (
                    SELECT size, messages FROM mailbox_log WHERE mailbox_id = m.id ORDER BY modseq DESC LIMIT 1) AS l ON true
                WHERE m.account_id = $1 AND m.deleted_at IS NULL
                    AND ($5 OR nullif(q.storage, -1) IS NOT NULL OR nullif(q.messages, -1) IS NOT NULL)) AS u
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(Nullable(defaults.Storage));
        command.Parameters.Add(Nullable(defaults.Messages));
        command.Parameters.Add(Nullable(defaults.Mailboxes));
        command.Parameters.Add(new NpgsqlParameter<bool> { TypedValue = withUsage });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
            return null;
        return new AccountQuota(
            account,
            reader.IsDBNull(0) ? null : reader.GetString(0),
            new QuotaLimits(Long(reader, 1), Long(reader, 2), Long(reader, 3)),
            new QuotaUsage(reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6)),
            reader.GetString(7));
    }

    /// <summary>Replaces the account's own limits; false when there is no such account.</summary>
    public async Task<bool> SetAccountAsync(AccountId account, StoredQuota quota, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO account_quotas (account_id, storage, messages, mailboxes)
            SELECT id, $2, $3, $4 FROM accounts WHERE id = $1 AND deleted_at IS NULL
            ON CONFLICT (account_id) DO UPDATE SET storage = $2, messages = $3, mailboxes = $4
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        Add(command, quota);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Replaces a domain's limits.</summary>
    public async Task SetDomainAsync(string domain, StoredQuota quota, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO domain_quotas (domain, storage, messages, mailboxes) VALUES ($1, $2, $3, $4)
            ON CONFLICT (domain) DO UPDATE SET storage = $2, messages = $3, mailboxes = $4
            """);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = domain });
        Add(command, quota);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>What the account itself has; all null when it has nothing of its own.</summary>
    public Task<StoredQuota> ReadAccountAsync(AccountId account, CancellationToken cancellationToken) =>
        ReadStoredAsync(
            "SELECT storage, messages, mailboxes FROM account_quotas WHERE account_id = $1",
            new NpgsqlParameter<long> { TypedValue = account.Value },
            cancellationToken);

    /// <summary>What the domain itself has; all null when it has nothing of its own.</summary>
    public Task<StoredQuota> ReadDomainAsync(string domain, CancellationToken cancellationToken) =>
        ReadStoredAsync(
            "SELECT storage, messages, mailboxes FROM domain_quotas WHERE domain = $1",
            new NpgsqlParameter<string> { TypedValue = domain },
            cancellationToken);

    private async Task<StoredQuota> ReadStoredAsync(string sql, NpgsqlParameter key, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(key);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new StoredQuota(Long(reader, 0), Long(reader, 1), Long(reader, 2)) : default;
    }

    private static void Add(NpgsqlCommand command, StoredQuota quota)
    {
        command.Parameters.Add(Nullable(quota.Storage));
        command.Parameters.Add(Nullable(quota.Messages));
        command.Parameters.Add(Nullable(quota.Mailboxes));
    }

    private static long? Long(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    private static NpgsqlParameter Nullable(long? value) =>
        new() { NpgsqlDbType = NpgsqlDbType.Bigint, Value = value is { } number ? number : DBNull.Value };
}
