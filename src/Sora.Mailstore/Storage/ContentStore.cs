using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;

namespace Sora.Mailstore.Storage;

/// <summary>Reads contents, which never change.</summary>
internal sealed class ContentStore(Database database)
{
    /// <summary>The contents that exist, in no order, with the parts asked for.</summary>
    public async Task<List<MessageContent>> ReadAsync(IReadOnlyList<ContentId> ids, ContentParts parts, CancellationToken cancellationToken)
    {
        var contents = await ReadAgain.OnceAsync(() => ReadAsync(database.Read, ids, parts, cancellationToken));
        if (contents.Count == ids.Count || !database.ReadMayLag)
            return contents;

        // A replica may not have seen the commit that the caller has
        var found = new HashSet<ContentId>(contents.Select(static content => content.Id));
        contents.AddRange(await ReadAsync(database.Write, [.. ids.Where(id => !found.Contains(id))], parts, cancellationToken));
        return contents;
    }

    private static async Task<List<MessageContent>> ReadAsync(
        NpgsqlDataSource source, IReadOnlyList<ContentId> ids, ContentParts parts, CancellationToken cancellationToken)
    {
        // A column that is not wanted is not even fetched from where PostgreSQL keeps its long values
        await using var command = source.CreateCommand(
            """
            SELECT id, account_id, hash, body_size, prefix,
                CASE WHEN $2 THEN header END, CASE WHEN $3 THEN envelope END, CASE WHEN $4 THEN structure END
            FROM contents
            WHERE id = ANY($1)
            """);
        command.Parameters.Add(new NpgsqlParameter<long[]>
        {
            TypedValue = [.. ids.Select(static id => id.Value)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        });
        command.Parameters.Add(Flag(parts, ContentParts.Header));
        command.Parameters.Add(Flag(parts, ContentParts.Envelope));
        command.Parameters.Add(Flag(parts, ContentParts.Structure));
        var contents = new List<MessageContent>(ids.Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            contents.Add(new MessageContent(
                new ContentId(reader.GetInt64(0)),
                new AccountId(reader.GetInt64(1)),
                ContentHash.From(reader.GetFieldValue<byte[]>(2)),
                reader.GetFieldValue<byte[]>(4),
                reader.GetInt64(3))
            {
                Header = Part(reader, 5),
                Envelope = Part(reader, 6),
                Structure = Part(reader, 7),
            });
        }

        return contents;
    }

    private static ReadOnlyMemory<byte>? Part(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? default(ReadOnlyMemory<byte>?) : reader.GetFieldValue<byte[]>(column);

    private static NpgsqlParameter<bool> Flag(ContentParts parts, ContentParts part) => new() { TypedValue = (parts & part) != ContentParts.None };
}
