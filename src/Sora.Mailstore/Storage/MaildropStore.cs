using Npgsql;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Why a maildrop was not given; <see cref="Given"/> when it was.</summary>
internal enum MaildropOutcome
{
    Given,
    InUse,
    TooSoon,
}

/// <summary>Who has which maildrop, and the line ends of contents.</summary>
internal sealed class MaildropStore(NpgsqlDataSource database)
{
    // POP3's own space of advisory locks: the second key is the process
    private const int ProcessLock = 0x504F5033;

    /// <summary>Says that the process lives, for as long as the connection does; false when the number is taken.</summary>
    public static async Task<bool> TryEnterAsync(NpgsqlConnection connection, int holder, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT pg_try_advisory_lock($1, $2)", connection);
        command.Parameters.Add(Int(ProcessLock));
        command.Parameters.Add(Int(holder));
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Gives the process's maildrops more time.</summary>
    public static async Task RenewAsync(NpgsqlConnection connection, int holder, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("UPDATE maildrops SET expires_at = now() + $2 WHERE holder = $1 AND token IS NOT NULL", connection);
        command.Parameters.Add(Long(holder));
        command.Parameters.Add(Interval(lease));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Gives a maildrop to a session, unless it belongs to one of a process that lives and has renewed it in time.</summary>
    public async Task<MaildropOutcome> TakeAsync(
        AccountId account, Guid token, int holder, TimeSpan lease, TimeSpan loginDelay, CancellationToken cancellationToken)
    {
        await using var take = database.CreateCommand(
            """
            INSERT INTO maildrops AS m (account_id, token, holder, expires_at, opened_at) VALUES ($1, $2, $3, now() + $4, now())
            ON CONFLICT (account_id) DO UPDATE
            SET token = excluded.token, holder = excluded.holder, expires_at = excluded.expires_at, opened_at = excluded.opened_at
            WHERE m.opened_at <= now() - $5 AND (m.token IS NULL OR m.expires_at <= now() OR NOT EXISTS (
                SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.granted
                    AND l.classid::bigint = $6 AND l.objid::bigint = m.holder AND l.objsubid = 2))
            """);
        take.Parameters.Add(Long(account.Value));
        take.Parameters.Add(Uuid(token));
        take.Parameters.Add(Long(holder));
        take.Parameters.Add(Interval(lease));
        take.Parameters.Add(Interval(loginDelay));
        take.Parameters.Add(Long(ProcessLock));
        if (await take.ExecuteNonQueryAsync(cancellationToken) == 1)
            return MaildropOutcome.Given;
        if (loginDelay == TimeSpan.Zero)
            return MaildropOutcome.InUse;
        await using var ask = database.CreateCommand("SELECT token IS NULL FROM maildrops WHERE account_id = $1");
        ask.Parameters.Add(Long(account.Value));
        return await ask.ExecuteScalarAsync(cancellationToken) is true ? MaildropOutcome.TooSoon : MaildropOutcome.InUse;
    }

    /// <summary>Whether the maildrop is still the session's; one that nobody is known to have, because the database has crashed, is so again.</summary>
    public async Task<bool> ConfirmAsync(AccountId account, Guid token, int holder, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO maildrops AS m (account_id, token, holder, expires_at, opened_at) VALUES ($1, $2, $3, now() + $4, now())
            ON CONFLICT (account_id) DO UPDATE SET expires_at = excluded.expires_at WHERE m.token = excluded.token
            """);
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Uuid(token));
        command.Parameters.Add(Long(holder));
        command.Parameters.Add(Interval(lease));
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public async Task ReleaseAsync(AccountId account, Guid token, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE maildrops SET token = NULL WHERE account_id = $1 AND token = $2");
        command.Parameters.Add(Long(account.Value));
        command.Parameters.Add(Uuid(token));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Contents of an account in which not every line ends with CRLF.</summary>
    public async Task<Dictionary<ContentId, long>> ReadLineEndsAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT content_id, octets FROM line_ends WHERE account_id = $1");
        command.Parameters.Add(Long(account.Value));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<ContentId, long>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(new ContentId(reader.GetInt64(0)), reader.GetInt64(1));
        return found;
    }

    private static NpgsqlParameter<long> Long(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<int> Int(int value) => new() { TypedValue = value };

    private static NpgsqlParameter<Guid> Uuid(Guid value) => new() { TypedValue = value };

    private static NpgsqlParameter<TimeSpan> Interval(TimeSpan value) => new() { TypedValue = value };
}
