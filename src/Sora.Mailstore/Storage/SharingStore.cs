using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Accounts;

namespace Sora.Mailstore.Storage;

/// <summary>A mailbox that somebody else may use.</summary>
internal readonly record struct StoredGrant(AccountId Owner, MailboxId Mailbox, Rights Rights);

/// <summary>One row of an access control list. The grantee is 0 for anyone.</summary>
internal readonly record struct StoredAccess(AccountId Grantee, string? Address, Rights Rights, Rights Negative);

/// <summary>Access control lists, and the accounts of shared mailboxes.</summary>
internal sealed class SharingStore(NpgsqlDataSource database)
{
    /// <summary>Takes the place of an account in rows for anyone.</summary>
    public static readonly AccountId Anyone = new(0);

    /// <summary>What a user may do with mailboxes of others, in the order of accounts and mailboxes.</summary>
    public Task<List<StoredGrant>> ReadGrantsAsync(AccountId user, string domain, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectGrantsAsync(user, domain, cancellationToken));

    private async Task<List<StoredGrant>> SelectGrantsAsync(AccountId user, string domain, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT m.account_id, m.id, bit_or(a.rights) & ~bit_or(a.negative_rights)
            FROM (SELECT * FROM acl WHERE grantee_id = $1 UNION ALL SELECT * FROM acl WHERE grantee_id = 0 AND domain = $2) AS a
            JOIN mailboxes m ON m.id = a.mailbox_id AND m.deleted_at IS NULL AND m.account_id <> $1
            GROUP BY m.account_id, m.id
            HAVING bit_or(a.rights) & ~bit_or(a.negative_rights) <> 0
            ORDER BY m.account_id, m.id
            """);
        command.Parameters.Add(Long(user.Value));
        command.Parameters.Add(Text(domain));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var grants = new List<StoredGrant>();
        while (await reader.ReadAsync(cancellationToken))
            grants.Add(new StoredGrant(new AccountId(reader.GetInt64(0)), new MailboxId(reader.GetInt64(1)), (Rights)reader.GetInt32(2)));
        return grants;
    }

    /// <summary>Whose mailbox it is; null when it is gone.</summary>
    public async Task<AccountId?> FindOwnerAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT account_id FROM mailboxes WHERE id = $1 AND deleted_at IS NULL");
        command.Parameters.Add(Long(mailbox.Value));
        return await command.ExecuteScalarAsync(cancellationToken) is long owner ? new AccountId(owner) : null;
    }

    /// <summary>The list of a mailbox, anyone first; entries of accounts that are deleted are left out.</summary>
    public async Task<List<StoredAccess>> ReadListAsync(MailboxId mailbox, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT l.grantee_id, p.address, l.rights, l.negative_rights
            FROM acl l
            LEFT JOIN accounts a ON a.id = l.grantee_id AND a.deleted_at IS NULL
            LEFT JOIN credentials p ON p.account_id = a.id AND p.is_primary
            WHERE l.mailbox_id = $1 AND (l.grantee_id = 0 OR p.address IS NOT NULL)
            ORDER BY l.grantee_id <> 0, p.address COLLATE "C"
            """);
        command.Parameters.Add(Long(mailbox.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<StoredAccess>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var address = await reader.IsDBNullAsync(1, cancellationToken) ? null : reader.GetString(1);
            entries.Add(new StoredAccess(new AccountId(reader.GetInt64(0)), address, (Rights)reader.GetInt32(2), (Rights)reader.GetInt32(3)));
        }

        return entries;
    }

    /// <summary>
    /// Changes one entry under the lock of the mailbox's row, so that no change made at the same time is lost. NONEXISTENT when the mailbox is gone,
    /// LIMIT when the list is full.
    /// </summary>
    public async Task<MailResult<Done>> ChangeAsync(
        AccessChange change, AccountId grantee, string domain, int maxEntries, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using (var take = new NpgsqlCommand("SELECT 1 FROM mailboxes WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE", connection))
        {
            take.Parameters.Add(Long(change.Mailbox.Value));
            if (await take.ExecuteScalarAsync(cancellationToken) is null)
                return MailError.NoSuchMailbox();
        }

        var (isThere, rights, negative, others) = await ReadEntryAsync(connection, change.Mailbox, grantee, cancellationToken);
        if (change.IsNegative)
            negative = Changed(negative, change);
        else
            rights = Changed(rights, change);
        var isWanted = (rights | negative) != Rights.None;
        if (isWanted && !isThere && others >= maxEntries)
            return new MailError(MailErrorCode.Limit, "The mailbox has too many entries in its access control list");
        await using (var write = new NpgsqlCommand(
            isWanted
                ? """
                  INSERT INTO acl (mailbox_id, grantee_id, domain, rights, negative_rights) VALUES ($1, $2, $3, $4, $5)
                  ON CONFLICT (mailbox_id, grantee_id) DO UPDATE SET domain = $3, rights = $4, negative_rights = $5
                  """
                : "DELETE FROM acl WHERE mailbox_id = $1 AND grantee_id = $2",
            connection))
        {
            write.Parameters.Add(Long(change.Mailbox.Value));
            write.Parameters.Add(Long(grantee.Value));
            if (isWanted)
            {
                write.Parameters.Add(Text(domain));
                write.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)rights });
                write.Parameters.Add(new NpgsqlParameter<int> { TypedValue = (int)negative });
            }

            await write.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return default(Done);
    }

    private static Rights Changed(Rights rights, AccessChange change) => change.Mode switch
    {
        AccessMode.Add => rights | change.Rights,
        AccessMode.Remove => rights & ~change.Rights,
        _ => change.Rights,
    };

    private static async Task<(bool IsThere, Rights Rights, Rights Negative, int Others)> ReadEntryAsync(
        NpgsqlConnection connection, MailboxId mailbox, AccountId grantee, CancellationToken cancellationToken)
    {
        await using var read = new NpgsqlCommand("SELECT grantee_id, rights, negative_rights FROM acl WHERE mailbox_id = $1", connection);
        read.Parameters.Add(Long(mailbox.Value));
        await using var reader = await read.ExecuteReaderAsync(cancellationToken);
        var (isThere, rights, negative, others) = (false, Rights.None, Rights.None, 0);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (reader.GetInt64(0) == grantee.Value)
                (isThere, rights, negative) = (true, (Rights)reader.GetInt32(1), (Rights)reader.GetInt32(2));
            else
                others++;
        }

        return (isThere, rights, negative, others);
    }

    /// <summary>Gives new mailboxes the list of the one above them; whom it names.</summary>
    public static async Task<List<AccountId>> InheritAsync(
        NpgsqlConnection connection, MailboxId parent, IReadOnlyList<MailboxId> mailboxes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            INSERT INTO acl (mailbox_id, grantee_id, domain, rights, negative_rights)
            SELECT n.id, a.grantee_id, a.domain, a.rights, a.negative_rights FROM acl a CROSS JOIN unnest($2::bigint[]) AS n (id)
            WHERE a.mailbox_id = $1
            RETURNING grantee_id
            """,
            connection);
        command.Parameters.Add(Long(parent.Value));
        command.Parameters.Add(Numbers(mailboxes));
        return await ReadGranteesAsync(command, cancellationToken);
    }

    /// <summary>The users that the lists of these mailboxes name, and anyone.</summary>
    public static async Task<List<AccountId>> GranteesAsync(
        NpgsqlConnection connection, IReadOnlyList<MailboxId> mailboxes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT DISTINCT grantee_id FROM acl WHERE mailbox_id = ANY ($1)", connection);
        command.Parameters.Add(Numbers(mailboxes));
        return await ReadGranteesAsync(command, cancellationToken);
    }

    /// <summary>Deletes the list of a mailbox that is deleted, and keeps it for the case that the mailbox is brought back; whom it named.</summary>
    public static async Task<List<AccountId>> DeleteListAsync(NpgsqlConnection connection, MailboxId mailbox, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            WITH gone AS (
                DELETE FROM acl WHERE mailbox_id = $1 RETURNING mailbox_id, grantee_id, domain, rights, negative_rights
            ), kept AS (
                INSERT INTO deleted_acl (mailbox_id, grantee_id, domain, rights, negative_rights) SELECT * FROM gone ON CONFLICT DO NOTHING
            )
            SELECT grantee_id FROM gone
            """,
            connection);
        command.Parameters.Add(Long(mailbox.Value));
        return await ReadGranteesAsync(command, cancellationToken);
    }

    /// <summary>The account of a domain's shared mailboxes, or null.</summary>
    public async Task<AccountId?> FindSharedAccountAsync(string domain, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT id FROM accounts WHERE shared_domain = $1 AND deleted_at IS NULL");
        command.Parameters.Add(Text(domain));
        return await command.ExecuteScalarAsync(cancellationToken) is long id ? new AccountId(id) : null;
    }

    /// <summary>The account of a domain's shared mailboxes, which is made if there is none.</summary>
    public async Task<AccountId> EnsureSharedAccountAsync(string domain, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (await FindSharedAccountAsync(domain, cancellationToken) is { } known)
                return known;
            await using var command = database.CreateCommand(
                "INSERT INTO accounts (shared_domain) VALUES ($1) ON CONFLICT (shared_domain) DO UPDATE SET deleted_at = NULL");
            command.Parameters.Add(Text(domain));
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>What is read with an account's list: how it is known to others.</summary>
    public static AccountProfile Profile(string? address, string? sharedDomain) =>
        sharedDomain is not null
            ? new AccountProfile(null, sharedDomain)
            : new AccountProfile(address, address is null ? "" : address[(address.IndexOf('@', StringComparison.Ordinal) + 1)..]);

    private static async Task<List<AccountId>> ReadGranteesAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var grantees = new List<AccountId>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var grantee = new AccountId(reader.GetInt64(0));
            if (!grantees.Contains(grantee))
                grantees.Add(grantee);
        }

        return grantees;
    }

    private static NpgsqlParameter<long[]> Numbers(IReadOnlyList<MailboxId> mailboxes) => new()
    {
        TypedValue = [.. mailboxes.Select(static id => id.Value)],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
    };

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<string> Text(string value) => new() { TypedValue = value };
}
