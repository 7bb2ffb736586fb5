using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Search;

namespace Sora.Mailstore.Storage;

/// <summary>A content that waits to be indexed.</summary>
internal readonly record struct WaitingContent(ContentId Content, AccountId Account, int Attempts);

/// <summary>A content that could not be indexed; it is tried again after the pause, or never when there is none.</summary>
internal readonly record struct PutOffContent(ContentId Content, TimeSpan? Pause, string Error);

/// <summary>A segment without its fields.</summary>
internal sealed record SegmentHead(long Id, long[] Contents, short Format);

/// <summary>A field of a segment; its postings only where they are short.</summary>
internal readonly record struct LoadedField(long Segment, SegmentField Field, byte[] Words, byte[]? Postings);

/// <summary>A piece of the postings or positions of a field.</summary>
internal readonly record struct PostingsSlice(long Segment, SegmentField Field, int Start, int Length);

/// <summary>How much waits to be indexed, how long the oldest has waited, and how many are left out for good.</summary>
internal sealed record SearchBacklog(long Waiting, TimeSpan OldestAge, long LeftOut);

/// <summary>The tables of the search index.</summary>
internal sealed class SearchStore(Database database)
{
    /// <summary>Postings up to this length are read together with the words.</summary>
    public const int ShortPostings = 64 * 1024;

    /// <summary>Locks contents that are due until the transaction ends, in the order of their numbers.</summary>
    public static async Task<List<WaitingContent>> TakeAsync(NpgsqlConnection connection, TimeSpan delay, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT content_id, account_id, attempts
            FROM search_queue
            WHERE not_before <= now() - $1
            ORDER BY content_id
            LIMIT $2
            FOR UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = delay });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        var waiting = new List<WaitingContent>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            waiting.Add(new WaitingContent(new ContentId(reader.GetInt64(0)), new AccountId(reader.GetInt64(1)), reader.GetInt32(2)));
        return waiting;
    }

    /// <summary>Writes segments, texts and what was done with the queue: one round trip.</summary>
    public static async Task WriteAsync(
        NpgsqlConnection connection,
        IReadOnlyList<(AccountId Account, SegmentData Segment)> segments,
        IReadOnlyList<(ContentId Content, byte[] Text)> texts,
        IReadOnlyList<ContentId> done,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        if (segments.Count > 0)
            batch.BatchCommands.Add(Insert(segments));
        if (texts.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                INSERT INTO content_text (content_id, text) SELECT * FROM unnest($1::bigint[], $2::bytea[])
                ON CONFLICT (content_id) DO UPDATE SET text = excluded.text WHERE content_text.text <> excluded.text
                """)
            {
                Parameters = { Longs([.. texts.Select(static text => text.Content.Value)]), Bytes([.. texts.Select(static text => text.Text)]) },
            });
        }

        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM search_queue WHERE content_id = ANY($1)")
        {
            Parameters = { Longs([.. done.Select(static content => content.Value)]) },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task PutOffAsync(NpgsqlConnection connection, IReadOnlyList<PutOffContent> contents, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            UPDATE search_queue q
            SET attempts = q.attempts + 1, last_error = f.error,
                not_before = CASE WHEN f.pause < 0 THEN 'infinity' ELSE now() + f.pause * interval '1 second' END
            FROM unnest($1::bigint[], $2::double precision[], $3::text[]) AS f (content_id, pause, error)
            WHERE q.content_id = f.content_id
            """,
            connection);
        command.Parameters.Add(Longs([.. contents.Select(static content => content.Content.Value)]));
        command.Parameters.Add(new NpgsqlParameter<double[]>
        {
            TypedValue = [.. contents.Select(static content => content.Pause?.TotalSeconds ?? -1)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double,
        });
        command.Parameters.Add(new NpgsqlParameter<string[]>
        {
            TypedValue = [.. contents.Select(static content => content.Error)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
        });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Which levels of which of these accounts have at least so many segments that are not full.</summary>
    public async Task<List<(AccountId Account, short Level)>> FindMergeableAsync(
        IReadOnlyCollection<AccountId> accounts, int count, long full, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            SELECT account_id, level FROM search_segments
            WHERE account_id = ANY($1) AND size < $2 AND format = $4
            GROUP BY account_id, level HAVING count(*) >= $3
            """);
        command.Parameters.Add(Longs([.. accounts.Select(static account => account.Value)]));
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = full });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = SegmentFormat.Current });
        var levels = new List<(AccountId, short)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            levels.Add((new AccountId(reader.GetInt64(0)), reader.GetInt16(1)));
        return levels;
    }

    /// <summary>Locks the oldest segments of a level, up to a number and a size (beyond it two).</summary>
    public static async Task<List<long>> LockSegmentsAsync(
        NpgsqlConnection connection, AccountId account, short level, int count, long full, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT id, size FROM search_segments
            WHERE account_id = $1 AND level = $2 AND size < $3 AND format = $5
            ORDER BY id LIMIT $4
            FOR UPDATE SKIP LOCKED
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = level });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = full });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = count });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = SegmentFormat.Current });
        var ids = new List<long>();
        var size = 0L;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            size += reader.GetInt64(1);
            if (ids.Count < 2 || size <= 2 * full)
                ids.Add(reader.GetInt64(0));
        }

        return ids;
    }

    /// <summary>Segments with all their fields, in the order of their numbers.</summary>
    public static async Task<List<SegmentData>> ReadSegmentsAsync(NpgsqlConnection connection, IReadOnlyList<long> ids, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT s.id, s.contents, f.field, f.words, f.postings
            FROM search_segments s JOIN search_fields f ON f.segment_id = s.id
            WHERE s.id = ANY($1)
            ORDER BY s.id, f.field
            """,
            connection);
        command.Parameters.Add(Longs([.. ids]));
        var segments = new List<SegmentData>();
        var last = 0L;
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (segments.Count == 0 || reader.GetInt64(0) != last)
                segments.Add(new SegmentData(DecodeContents(reader.GetFieldValue<byte[]>(1)), new List<FieldData>()));
            last = reader.GetInt64(0);
            ((List<FieldData>)segments[^1].Fields).Add(new FieldData(
                (SegmentField)reader.GetInt16(2), reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4)));
        }

        return segments;
    }

    /// <summary>
    /// Takes one segment of an older format out of use and queues its contents, or deletes one whose contents were queued before; false when there is none. Those that are
    /// queued answer for their contents until these are indexed anew. For whoever finds the queue empty; <paramref name="delay"/> is what he waits for, so that the
    /// contents are due at once.
    /// </summary>
    public async Task<bool> RenewAsync(TimeSpan delay, CancellationToken cancellationToken)
    {
        await using var connection = await database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        long id;
        byte[] contents;
        bool isQueued;
        await using (var command = new NpgsqlCommand(
            """
            SELECT id, contents, renewing FROM search_segments
            WHERE format < $1
            ORDER BY renewing DESC, id LIMIT 1
            FOR UPDATE SKIP LOCKED
            """,
            connection))
        {
            command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = SegmentFormat.Current });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            if (!await reader.ReadAsync(cancellationToken))
                return false;
            (id, contents, isQueued) = (reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), reader.GetBoolean(2));
        }

        await using var batch = new NpgsqlBatch(connection);
        if (isQueued)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM search_fields WHERE segment_id = $1") { Parameters = { new NpgsqlParameter<long> { TypedValue = id } } });
            batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM search_segments WHERE id = $1") { Parameters = { new NpgsqlParameter<long> { TypedValue = id } } });
        }
        else
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                INSERT INTO search_queue (content_id, account_id, not_before)
                SELECT id, account_id, now() - $2 FROM contents WHERE id = ANY($1)
                ON CONFLICT DO NOTHING
                """)
            {
                Parameters = { Longs(DecodeContents(contents)), new NpgsqlParameter<TimeSpan> { TypedValue = delay } },
            });
            batch.BatchCommands.Add(new NpgsqlBatchCommand("UPDATE search_segments SET renewing = true WHERE id = $1") { Parameters = { new NpgsqlParameter<long> { TypedValue = id } } });
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Puts a segment in the place of others.</summary>
    public static async Task ReplaceAsync(
        NpgsqlConnection connection, AccountId account, IReadOnlyList<long> ids, SegmentData merged, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM search_fields WHERE segment_id = ANY($1)") { Parameters = { Longs([.. ids]) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM search_segments WHERE id = ANY($1)") { Parameters = { Longs([.. ids]) } });
        if (merged.Contents.Length > 0)
            batch.BatchCommands.Add(Insert([(account, merged)]));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Gives the room of segments that were merged away back to those that come, once it is so many bytes and a tenth of the index. PostgreSQL
    /// would do so by itself, but once in a minute, and an index is written three times while a large mailbox is filled.
    /// </summary>
    public async Task<bool> VacuumAsync(long replaced, CancellationToken cancellationToken)
    {
        const long Least = 24 * 1024 * 1024;
        if (replaced < Least)
            return false;
        await using var size = database.Write.CreateCommand("SELECT pg_table_size('search_fields')");
        if (replaced < (long)(await size.ExecuteScalarAsync(cancellationToken))! / 10)
            return false;
        await using var vacuum = database.Write.CreateCommand("VACUUM (SKIP_LOCKED) search_fields");
        vacuum.CommandTimeout = 0;
        await vacuum.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>Those of the contents that still exist.</summary>
    public static async Task<HashSet<long>> FindExistingAsync(NpgsqlConnection connection, long[] contents, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT id FROM contents WHERE id = ANY($1)", connection);
        command.Parameters.Add(Longs(contents));
        var existing = new HashSet<long>(contents.Length);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            existing.Add(reader.GetInt64(0));
        return existing;
    }

    /// <summary>The segments of an account; of those that the caller knows only the number.</summary>
    public Task<List<SegmentHead>> ListAsync(AccountId account, long[] known, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.Read.CreateCommand(
            """
            SELECT id, CASE WHEN id = ANY($2) THEN ''::bytea ELSE contents END, format
            FROM search_segments
            WHERE account_id = $1 AND format BETWEEN $3 AND $4
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = account.Value });
        command.Parameters.Add(Longs(known));
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = SegmentFormat.OldestRead });
        command.Parameters.Add(new NpgsqlParameter<short> { TypedValue = SegmentFormat.Current });
        var heads = new List<SegmentHead>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            heads.Add(new SegmentHead(reader.GetInt64(0), DecodeContents(reader.GetFieldValue<byte[]>(1)), reader.GetInt16(2)));
        return heads;
    });

    /// <summary>Fields of segments; those of a segment that was merged away meanwhile are missing.</summary>
    public Task<List<LoadedField>> ReadFieldsAsync(IReadOnlyList<(long Segment, SegmentField Field)> wanted, CancellationToken cancellationToken) =>
        ReadAgain.OnceAsync(async () =>
        {
            await using var command = database.Read.CreateCommand(
                """
                SELECT f.segment_id, f.field, f.words, CASE WHEN octet_length(f.postings) <= $3 THEN f.postings END
                FROM unnest($1::bigint[], $2::smallint[]) AS w (segment_id, field)
                JOIN search_fields f USING (segment_id, field)
                """);
            command.Parameters.Add(Longs([.. wanted.Select(static field => field.Segment)]));
            command.Parameters.Add(Shorts([.. wanted.Select(static field => (short)field.Field)]));
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = ShortPostings });
            var fields = new List<LoadedField>(wanted.Count);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                fields.Add(new LoadedField(
                    reader.GetInt64(0),
                    (SegmentField)reader.GetInt16(1),
                    reader.GetFieldValue<byte[]>(2),
                    await reader.IsDBNullAsync(3, cancellationToken) ? null : reader.GetFieldValue<byte[]>(3)));
            }

            return fields;
        });

    /// <summary>Pieces of postings, in the order asked for; null when a segment was merged away meanwhile.</summary>
    public Task<byte[]?[]> ReadSlicesAsync(IReadOnlyList<PostingsSlice> slices, CancellationToken cancellationToken) => ReadAgain.OnceAsync(async () =>
    {
        await using var command = database.Read.CreateCommand(
            """
            SELECT w.number, substring(f.postings FROM w.start + 1 FOR w.length)
            FROM unnest($1::integer[], $2::bigint[], $3::smallint[], $4::integer[], $5::integer[]) AS w (number, segment_id, field, start, length)
            JOIN search_fields f USING (segment_id, field)
            """);
        command.Parameters.Add(Integers([.. Enumerable.Range(0, slices.Count)]));
        command.Parameters.Add(Longs([.. slices.Select(static slice => slice.Segment)]));
        command.Parameters.Add(Shorts([.. slices.Select(static slice => (short)slice.Field)]));
        command.Parameters.Add(Integers([.. slices.Select(static slice => slice.Start)]));
        command.Parameters.Add(Integers([.. slices.Select(static slice => slice.Length)]));
        var read = new byte[]?[slices.Count];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            read[reader.GetInt32(0)] = reader.GetFieldValue<byte[]>(1);
        return read;
    });

    /// <summary>Calls <paramref name="take"/> with the kept text of each of the contents that has one.</summary>
    public async Task ReadTextsAsync(IReadOnlyList<ContentId> contents, Action<ContentId, byte[]> take, CancellationToken cancellationToken)
    {
        await using var command = database.Read.CreateCommand("SELECT content_id, text FROM content_text WHERE content_id = ANY($1)");
        command.Parameters.Add(Longs([.. contents.Select(static content => content.Value)]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            take(new ContentId(reader.GetInt64(0)), reader.GetFieldValue<byte[]>(1));
    }

    public async Task<SearchBacklog> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            """
            SELECT count(*) FILTER (WHERE not_before < 'infinity'),
                coalesce(extract(epoch FROM now() - min(not_before)), 0)::double precision,
                count(*) FILTER (WHERE not_before = 'infinity')
            FROM search_queue
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var age = reader.GetDouble(1);
        return new SearchBacklog(reader.GetInt64(0), TimeSpan.FromSeconds(double.IsFinite(age) ? Math.Max(0, age) : 0), reader.GetInt64(2));
    }

    /// <summary>Deletes texts that are older; at most so many.</summary>
    public async Task<int> TrimTextsAsync(TimeSpan retention, int limit, CancellationToken cancellationToken)
    {
        await using var command = database.Write.CreateCommand(
            "DELETE FROM content_text WHERE ctid = ANY (ARRAY(SELECT ctid FROM content_text WHERE created_at < now() - $1 LIMIT $2))");
        command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = retention });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// For whoever deletes contents, in the same transaction and before it: nothing of them stays but words in segments, which go when these are merged.
    /// </summary>
    public static async Task ForgetAsync(NpgsqlConnection connection, long[] contents, CancellationToken cancellationToken)
    {
        // The queue first: a process that is indexing one of them is waited for, and what it wrote is then seen
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM search_queue WHERE content_id = ANY($1)") { Parameters = { Longs(contents) } });
        batch.BatchCommands.Add(new NpgsqlBatchCommand("DELETE FROM content_text WHERE content_id = ANY($1)") { Parameters = { Longs(contents) } });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand Insert(IReadOnlyList<(AccountId Account, SegmentData Segment)> segments)
    {
        var numbers = new List<int>();
        var fields = new List<FieldData>();
        for (var i = 0; i < segments.Count; i++)
        {
            foreach (var field in segments[i].Segment.Fields)
            {
                numbers.Add(i);
                fields.Add(field);
            }
        }

        return new NpgsqlBatchCommand(
            """
            WITH numbers AS (
                SELECT number, nextval('search_segment_ids') AS id FROM unnest($1::integer[]) AS number
            ), new_segments AS (
                INSERT INTO search_segments (id, account_id, level, documents, size, contents, format)
                SELECT numbers.id, s.account_id, s.level, s.documents, s.size, s.contents, $11
                FROM unnest($1::integer[], $2::bigint[], $3::smallint[], $4::integer[], $5::bigint[], $6::bytea[])
                    AS s (number, account_id, level, documents, size, contents)
                JOIN numbers USING (number)
            )
            INSERT INTO search_fields (segment_id, field, words, postings)
            SELECT numbers.id, f.field, f.words, f.postings
            FROM unnest($7::integer[], $8::smallint[], $9::bytea[], $10::bytea[]) AS f (number, field, words, postings)
            JOIN numbers USING (number)
            """)
        {
            Parameters =
            {
                Integers([.. Enumerable.Range(0, segments.Count)]),
                Longs([.. segments.Select(static segment => segment.Account.Value)]),
                Shorts([.. segments.Select(static segment => segment.Segment.Level)]),
                Integers([.. segments.Select(static segment => segment.Segment.Contents.Length)]),
                Longs([.. segments.Select(static segment => segment.Segment.Size)]),
                Bytes([.. segments.Select(static segment => EncodeContents(segment.Segment.Contents))]),
                Integers([.. numbers]),
                Shorts([.. fields.Select(static field => (short)field.Field)]),
                Bytes([.. fields.Select(static field => field.Words)]),
                Bytes([.. fields.Select(static field => field.Postings)]),
                new NpgsqlParameter<short> { TypedValue = SegmentFormat.Current },
            },
        };
    }

    private static byte[] EncodeContents(long[] contents)
    {
        var writer = new SegmentWriter();
        var last = 0L;
        foreach (var content in contents)
        {
            writer.Signed(content - last);
            last = content;
        }

        return writer.ToArray();
    }

    private static long[] DecodeContents(byte[] encoded)
    {
        var contents = new List<long>();
        var reader = new VarintReader(encoded);
        for (var last = 0L; !reader.IsAtEnd;)
            contents.Add(last += reader.ReadSigned());
        return [.. contents];
    }

    private static NpgsqlParameter<long[]> Longs(long[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint };

    private static NpgsqlParameter<int[]> Integers(int[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer };

    private static NpgsqlParameter<short[]> Shorts(short[] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Smallint };

    private static NpgsqlParameter<byte[][]> Bytes(byte[][] values) => new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bytea };
}
