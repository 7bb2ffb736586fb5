using Npgsql;
using NpgsqlTypes;
using Sora.Contracts;
using Sora.Mailstore.Bodies;

namespace Sora.Mailstore.Storage;

/// <summary>
/// Writes records, contents, messages and staged bodies of many mailboxes in one statement: one round trip, one durable commit.
/// </summary>
internal sealed class CommitStore
{
    // A record enters only if its number is free; everything else is joined with the records that entered.
    private const string Begin = "WITH ";

    private const string Head = """
        won AS (
            INSERT INTO mailbox_log (mailbox_id, modseq, record, uid_next, messages, unseen, deleted, size, deleted_size, has_expunges)
            SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bigint[], $5::integer[], $6::integer[], $7::integer[],
                $8::bigint[], $9::bigint[], $10::boolean[])
                AS l (mailbox_id, modseq, record, uid_next, messages, unseen, deleted, size, deleted_size, has_expunges)
        """;

    // Contents that a record shares with other messages are held until it is committed, so that they cannot be purged at this moment (see
    // PurgeStore); a record whose content is gone does not enter. Records that only bring new ones do without, and so do moves: what they take is still in
    // its old place, by the number of their record there.
    private const string Held = """
        WITH held AS MATERIALIZED (
            SELECT r.mailbox_id, c.id AS content_id
            FROM unnest($35::bigint[], $36::bigint[]) AS r (mailbox_id, content_id) JOIN contents c ON c.id = r.content_id
            ORDER BY c.id FOR KEY SHARE OF c
        ), gone AS MATERIALIZED (
            SELECT r.mailbox_id FROM unnest($35::bigint[], $36::bigint[]) AS r (mailbox_id, content_id)
            LEFT JOIN held USING (mailbox_id, content_id) WHERE held.content_id IS NULL
        ),
        """;

    private const string Won = """
            RETURNING mailbox_id, modseq
        )
        """;

    private const string Messages = """
        , new_messages AS (
            INSERT INTO messages (mailbox_id, uid, content_id, internal_date, save_date, size)
            SELECT m.mailbox_id, m.uid, m.content_id, m.internal_date, m.save_date, m.size
            FROM unnest($11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[], $15::bigint[], $16::bigint[])
                AS m (mailbox_id, uid, content_id, internal_date, save_date, size)
            JOIN won USING (mailbox_id)
        ), new_contents AS (
            INSERT INTO contents (id, account_id, hash, body_size, prefix, header, envelope, structure)
            SELECT c.id, c.account_id, c.hash, c.body_size, c.prefix, c.header, c.envelope, c.structure
            FROM unnest($17::bigint[], $18::bigint[], $19::bigint[], $20::bytea[], $21::bigint[], $22::bytea[], $23::bytea[], $24::bytea[], $25::bytea[])
                AS c (mailbox_id, id, account_id, hash, body_size, prefix, header, envelope, structure)
            JOIN won USING (mailbox_id)
        ), new_to_search AS (
            INSERT INTO search_queue (content_id, account_id)
            SELECT c.id, c.account_id FROM unnest($17::bigint[], $18::bigint[], $19::bigint[]) AS c (mailbox_id, id, account_id)
            JOIN won USING (mailbox_id)
        ), wanted AS (
            SELECT l.number, array_agg(DISTINCT l.account_id) AS accounts
            FROM unnest($26::integer[], $27::bigint[], $28::bigint[]) AS l (number, mailbox_id, account_id)
            JOIN won USING (mailbox_id)
            GROUP BY l.number
        ), new_staged AS (
            INSERT INTO staged_bodies (hash, accounts, size, body, node, path, object)
            SELECT s.hash, wanted.accounts, s.size, s.body, s.node, s.path, s.body IS NULL AND s.path IS NULL
            FROM unnest($29::integer[], $30::bytea[], $31::bigint[], $32::bytea[], $33::text[], $34::text[])
                AS s (number, hash, size, body, node, path)
            JOIN wanted USING (number)
        )
        """;

    private const string LineEnds = """
        , new_line_ends AS (
            INSERT INTO line_ends (content_id, account_id, octets)
            SELECT e.content_id, e.account_id, e.octets
            FROM unnest($37::bigint[], $38::bigint[], $39::bigint[], $40::bigint[]) AS e (mailbox_id, content_id, account_id, octets)
            JOIN won USING (mailbox_id)
        )
        """;

    private const string End = "\nSELECT mailbox_id, modseq FROM won";

    private static readonly Statements _many = new(Begin + Head + "\n    ON CONFLICT DO NOTHING\n" + Won);
    private static readonly Statements _atomic = new(Begin + Head + "\n" + Won);
    private static readonly Statements _held = new(Held + "\n" + Head + "\n    WHERE l.mailbox_id NOT IN (SELECT mailbox_id FROM gone)\n    ON CONFLICT DO NOTHING\n" + Won);

    /// <summary>Commits units of one record each: a unit whose number was taken is lost, the others are not disturbed.</summary>
    public static async Task CommitAsync(NpgsqlConnection connection, IReadOnlyList<CommitUnit> units, CancellationToken cancellationToken)
    {
        var rows = new Rows(units);
        await using var command = rows.Command(connection, _many, _held);
        var won = new HashSet<long>(units.Count);
        CrashPoints.Reach(CrashPoints.Committing);
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                won.Add(reader.GetInt64(0));
        }

        CrashPoints.Reach(CrashPoints.Committed);
        foreach (var unit in units)
        {
            if (won.Contains(unit.Commits[0].Mailbox.Value))
            {
                unit.Complete(CommitOutcome.Won);
                continue;
            }

            await FindPurgedAsync(connection, unit, cancellationToken);
            unit.Complete(CommitOutcome.Lost);
        }
    }

    /// <summary>Commits a unit of several records: all or none.</summary>
    public static async Task CommitAtomicAsync(NpgsqlConnection connection, CommitUnit unit, CancellationToken cancellationToken)
    {
        if (unit.HasReferences)
            throw new InvalidOperationException("Records that refer to others' contents are committed by themselves");
        var rows = new Rows([unit]);
        await using var command = rows.Command(connection, _atomic, _atomic);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            unit.Complete(CommitOutcome.Won);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            unit.Complete(CommitOutcome.Lost);
        }
    }

    // Why it was lost: what is gone stays gone, so it can be asked afterwards
    private static async Task FindPurgedAsync(NpgsqlConnection connection, CommitUnit unit, CancellationToken cancellationToken)
    {
        if (!unit.HasReferences)
            return;
        await using var command = new NpgsqlCommand(
            "SELECT id FROM unnest($1::bigint[]) AS r (id) WHERE NOT EXISTS (SELECT FROM contents c WHERE c.id = r.id)", connection);
        command.Parameters.Add(new NpgsqlParameter<long[]>
        {
            TypedValue = [.. unit.Commits.SelectMany(static commit => commit.References)],
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        });
        var purged = new HashSet<long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            purged.Add(reader.GetInt64(0));
        unit.Purged = purged;
    }

    /// <summary>A statement without the parts that a batch has nothing for: PostgreSQL makes all of them ready each time, which is most of what a small batch costs.</summary>
    private sealed class Statements(string begin)
    {
        /// <summary>Changes of messages that are there.</summary>
        public string WithoutMessages { get; } = begin + End;

        public string WithMessages { get; } = begin + Messages + End;

        /// <summary>Some of the messages have bare line ends.</summary>
        public string WithLineEnds { get; } = begin + Messages + LineEnds + End;
    }

    /// <summary>The units as columns.</summary>
    private sealed class Rows
    {
        private readonly List<long> _mailbox = [];
        private readonly List<long> _modSeq = [];
        private readonly List<byte[]> _record = [];
        private readonly List<long> _uidNext = [];
        private readonly List<int> _messages = [];
        private readonly List<int> _unseen = [];
        private readonly List<int> _deleted = [];
        private readonly List<long> _size = [];
        private readonly List<long> _deletedSize = [];
        private readonly List<bool> _hasExpunges = [];

        private readonly List<long> _messageMailbox = [];
        private readonly List<long> _messageUid = [];
        private readonly List<long> _messageContent = [];
        private readonly List<long> _messageInternalDate = [];
        private readonly List<long> _messageSaveDate = [];
        private readonly List<long> _messageSize = [];

        private readonly List<long> _contentMailbox = [];
        private readonly List<long> _contentId = [];
        private readonly List<long> _contentAccount = [];
        private readonly List<byte[]> _contentHash = [];
        private readonly List<long> _contentSize = [];
        private readonly List<byte[]> _contentPrefix = [];
        private readonly List<byte[]?> _contentHeader = [];
        private readonly List<byte[]> _contentEnvelope = [];
        private readonly List<byte[]> _contentStructure = [];

        private readonly List<int> _wantedNumber = [];
        private readonly List<long> _wantedMailbox = [];
        private readonly List<long> _wantedAccount = [];

        private readonly Dictionary<StagedMessage, int> _staged = new(ReferenceEqualityComparer.Instance);
        private readonly List<int> _stagedNumber = [];
        private readonly List<byte[]> _stagedHash = [];
        private readonly List<long> _stagedSize = [];
        private readonly List<byte[]?> _stagedBody = [];
        private readonly List<string?> _stagedNode = [];
        private readonly List<string?> _stagedPath = [];

        private readonly List<long> _lineEndMailbox = [];
        private readonly List<long> _lineEndContent = [];
        private readonly List<long> _lineEndAccount = [];
        private readonly List<long> _lineEndOctets = [];

        private readonly List<long> _referenceMailbox = [];
        private readonly List<long> _referenceContent = [];

        public Rows(IReadOnlyList<CommitUnit> units)
        {
            foreach (var unit in units)
            {
                foreach (var commit in unit.Commits)
                    Add(commit);
            }
        }

        /// <param name="connection">Where it is to run.</param>
        /// <param name="statements">When all contents are new.</param>
        /// <param name="held">When some are shared with other messages.</param>
        public NpgsqlCommand Command(NpgsqlConnection connection, Statements statements, Statements held)
        {
            var isHeld = _referenceContent.Count > 0;
            var hasMessages = isHeld || _messageMailbox.Count > 0 || _contentMailbox.Count > 0;
            var hasLineEnds = _lineEndMailbox.Count > 0;
            var these = isHeld ? held : statements;
            var command = new NpgsqlCommand(hasLineEnds ? these.WithLineEnds : hasMessages ? these.WithMessages : these.WithoutMessages, connection);
            var parameters = command.Parameters;
            parameters.Add(Array(_mailbox, NpgsqlDbType.Bigint));
            parameters.Add(Array(_modSeq, NpgsqlDbType.Bigint));
            parameters.Add(Array(_record, NpgsqlDbType.Bytea));
            parameters.Add(Array(_uidNext, NpgsqlDbType.Bigint));
            parameters.Add(Array(_messages, NpgsqlDbType.Integer));
            parameters.Add(Array(_unseen, NpgsqlDbType.Integer));
            parameters.Add(Array(_deleted, NpgsqlDbType.Integer));
            parameters.Add(Array(_size, NpgsqlDbType.Bigint));
            parameters.Add(Array(_deletedSize, NpgsqlDbType.Bigint));
            parameters.Add(Array(_hasExpunges, NpgsqlDbType.Boolean));
            if (!hasMessages)
                return command;
            parameters.Add(Array(_messageMailbox, NpgsqlDbType.Bigint));
            parameters.Add(Array(_messageUid, NpgsqlDbType.Bigint));
            parameters.Add(Array(_messageContent, NpgsqlDbType.Bigint));
            parameters.Add(Array(_messageInternalDate, NpgsqlDbType.Bigint));
            parameters.Add(Array(_messageSaveDate, NpgsqlDbType.Bigint));
            parameters.Add(Array(_messageSize, NpgsqlDbType.Bigint));
            parameters.Add(Array(_contentMailbox, NpgsqlDbType.Bigint));
            parameters.Add(Array(_contentId, NpgsqlDbType.Bigint));
            parameters.Add(Array(_contentAccount, NpgsqlDbType.Bigint));
            parameters.Add(Array(_contentHash, NpgsqlDbType.Bytea));
            parameters.Add(Array(_contentSize, NpgsqlDbType.Bigint));
            parameters.Add(Array(_contentPrefix, NpgsqlDbType.Bytea));
            parameters.Add(Array(_contentHeader, NpgsqlDbType.Bytea));
            parameters.Add(Array(_contentEnvelope, NpgsqlDbType.Bytea));
            parameters.Add(Array(_contentStructure, NpgsqlDbType.Bytea));
            parameters.Add(Array(_wantedNumber, NpgsqlDbType.Integer));
            parameters.Add(Array(_wantedMailbox, NpgsqlDbType.Bigint));
            parameters.Add(Array(_wantedAccount, NpgsqlDbType.Bigint));
            parameters.Add(Array(_stagedNumber, NpgsqlDbType.Integer));
            parameters.Add(Array(_stagedHash, NpgsqlDbType.Bytea));
            parameters.Add(Array(_stagedSize, NpgsqlDbType.Bigint));
            parameters.Add(Array(_stagedBody, NpgsqlDbType.Bytea));
            parameters.Add(Array(_stagedNode, NpgsqlDbType.Text));
            parameters.Add(Array(_stagedPath, NpgsqlDbType.Text));
            if (isHeld || hasLineEnds)
            {
                parameters.Add(Array(_referenceMailbox, NpgsqlDbType.Bigint));
                parameters.Add(Array(_referenceContent, NpgsqlDbType.Bigint));
            }

            if (hasLineEnds)
            {
                parameters.Add(Array(_lineEndMailbox, NpgsqlDbType.Bigint));
                parameters.Add(Array(_lineEndContent, NpgsqlDbType.Bigint));
                parameters.Add(Array(_lineEndAccount, NpgsqlDbType.Bigint));
                parameters.Add(Array(_lineEndOctets, NpgsqlDbType.Bigint));
            }

            return command;
        }

        private static NpgsqlParameter<List<T>> Array<T>(List<T> values, NpgsqlDbType type) =>
            new() { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type };

        private void Add(MailboxCommit commit)
        {
            var mailbox = commit.Mailbox.Value;
            var totals = commit.Index.Totals;
            _mailbox.Add(mailbox);
            _modSeq.Add(commit.Delta.ModSeq.Value);
            _record.Add(MailboxDeltaCodec.Encode(commit.Delta));
            _uidNext.Add(commit.Delta.UidNext);
            _messages.Add(totals.Messages);
            _unseen.Add(totals.Unseen);
            _deleted.Add(totals.Deleted);
            _size.Add(totals.Size);
            _deletedSize.Add(totals.DeletedSize);
            _hasExpunges.Add(!commit.Delta.Expunged.IsEmpty);
            foreach (var message in commit.Delta.Appended)
            {
                _messageMailbox.Add(mailbox);
                _messageUid.Add(message.Uid);
                _messageContent.Add(message.Content.Value);
                _messageInternalDate.Add(message.InternalDate);
                _messageSaveDate.Add(message.SaveDate);
                _messageSize.Add(message.Size);
            }

            foreach (var content in commit.Contents)
                Add(commit, content);
            foreach (var content in commit.References)
            {
                _referenceMailbox.Add(mailbox);
                _referenceContent.Add(content);
            }
        }

        private void Add(MailboxCommit commit, NewContent content)
        {
            var message = content.Message;
            _contentMailbox.Add(commit.Mailbox.Value);
            _contentId.Add(content.Id.Value);
            _contentAccount.Add(commit.Account.Value);
            _contentHash.Add(message.Hash.ToArray());
            _contentSize.Add(message.Size);
            _contentPrefix.Add(Bytes(content.Prefix));
            _contentHeader.Add(message.HeaderTruncated ? null : Bytes(message.Header));
            _contentEnvelope.Add(Bytes(message.Envelope));
            _contentStructure.Add(Bytes(message.Structure));
            if (message.LineEndOctets > 0)
            {
                _lineEndMailbox.Add(commit.Mailbox.Value);
                _lineEndContent.Add(content.Id.Value);
                _lineEndAccount.Add(commit.Account.Value);
                _lineEndOctets.Add(message.LineEndOctets);
            }

            if (!_staged.TryGetValue(message, out var number))
            {
                number = _staged.Count;
                _staged.Add(message, number);
                _stagedNumber.Add(number);
                _stagedHash.Add(message.Hash.ToArray());
                _stagedSize.Add(message.Size);
                _stagedBody.Add(message.Body is { } body ? Bytes(body) : null);
                _stagedNode.Add(message.Node);
                _stagedPath.Add(message.Path);
            }

            _wantedNumber.Add(number);
            _wantedMailbox.Add(commit.Mailbox.Value);
            _wantedAccount.Add(commit.Account.Value);
        }

        // An array that is exactly the bytes is sent as it is.
        private static byte[] Bytes(ReadOnlyMemory<byte> memory) =>
            System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment)
            && segment.Array is { } array && segment.Offset == 0 && segment.Count == array.Length
                ? array
                : memory.ToArray();
    }
}
