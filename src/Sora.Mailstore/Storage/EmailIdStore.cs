using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>EMAILIDs of contents that were copied from another account. All others are their own.</summary>
internal sealed class EmailIdStore(NpgsqlDataSource database)
{
    /// <summary>Says of contents of a mailbox which EMAILIDs they have, before they are there: nobody can see one that is not known of.</summary>
    public async Task AddAsync(MailboxId mailbox, IReadOnlyList<(ContentId Content, ContentId EmailId)> copies, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO email_ids (content_id, account_id, email_id)
            SELECT c.content_id, m.account_id, c.email_id FROM mailboxes m CROSS JOIN unnest($2::bigint[], $3::bigint[]) AS c (content_id, email_id)
            WHERE m.id = $1
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = mailbox.Value });
        command.Parameters.Add(Numbers(copies.Select(static copy => copy.Content)));
        command.Parameters.Add(Numbers(copies.Select(static copy => copy.EmailId)));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The contents of an account that have the EMAILID of another one.</summary>
    public Task<Dictionary<ContentId, ContentId>> ReadAsync(AccountId account, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(() => SelectAsync(account, cancellationToken));

    private async Task<Dictionary<ContentId, ContentId>> SelectAsync(AccountId account, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("SELECT content_id, email_id FROM email_ids WHERE account_id = $1");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var found = new Dictionary<ContentId, ContentId>();
        while (await reader.ReadAsync(cancellationToken))
            found.Add(new ContentId(reader.GetInt64(0)), new ContentId(reader.GetInt64(1)));
        return found;
    }

    private static NpgsqlParameter<long[]> Numbers(IEnumerable<ContentId> contents) => new()
    {
        TypedValue = [.. contents.Select(static content => content.Value)],
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
    };
}
