using System.Buffers;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Storage;
using Sora.Mime;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Bodies that live in staged_bodies for good: intake and store in their plainest form, over the engine's real tables.</summary>
internal sealed class DatabaseBodies(Database database) : IIntakes, IMessageStore
{
    /// <summary>Makes bodies of this size fail as the store would fail.</summary>
    public long? BrokenSize { get; set; }

    public bool BrokenForNow { get; set; }

    public IMessageIntake Begin(long maxSize, long sizeHint = 0) => new Intake(maxSize);

    public static async Task<IngestedMessage> IngestAsync(byte[] message)
    {
        await using var intake = new Intake(long.MaxValue);
        await intake.WriteAsync(message, CancellationToken.None);
        return (await intake.CompleteAsync(CancellationToken.None)).Value;
    }

    public async ValueTask<IReadOnlyList<MessageContent?>> ReadAsync(ReadOnlyMemory<ContentId> ids, ContentParts parts, CancellationToken cancellationToken)
    {
        await using var connection = await database.Read.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT id, account_id, hash, prefix, body_size, header, envelope, structure FROM contents WHERE id = ANY($1)", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = ids.ToArray().Select(id => id.Value).ToArray() });
        var found = new Dictionary<long, MessageContent>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found[reader.GetInt64(0)] = new MessageContent(
                new ContentId(reader.GetInt64(0)),
                new AccountId(reader.GetInt64(1)),
                ContentHash.From(reader.GetFieldValue<byte[]>(2)),
                reader.GetFieldValue<byte[]>(3),
                reader.GetInt64(4))
            {
                Header = (parts & ContentParts.Header) != 0 && !reader.IsDBNull(5) ? new ReadOnlyMemory<byte>(reader.GetFieldValue<byte[]>(5)) : (ReadOnlyMemory<byte>?)null,
                Envelope = (parts & ContentParts.Envelope) != 0 ? new ReadOnlyMemory<byte>(reader.GetFieldValue<byte[]>(6)) : (ReadOnlyMemory<byte>?)null,
                Structure = (parts & ContentParts.Structure) != 0 ? new ReadOnlyMemory<byte>(reader.GetFieldValue<byte[]>(7)) : (ReadOnlyMemory<byte>?)null,
            };
        }

        return [.. ids.ToArray().Select(id => found.GetValueOrDefault(id.Value))];
    }

    public async ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken)
    {
        if (content.Size == BrokenSize)
            throw new BodyUnavailableException("broken by the test", BrokenForNow);
        await using var connection = await database.Read.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT body FROM staged_bodies WHERE hash = $1 LIMIT 1", connection);
        command.Parameters.Add(new NpgsqlParameter { Value = content.Hash.ToArray() });
        var body = await command.ExecuteScalarAsync(cancellationToken) as byte[] ?? throw new BodyUnavailableException("missing", temporary: false);
        return new Body([.. content.Prefix.ToArray(), .. body]);
    }

    private sealed class Body(byte[] bytes) : IMessageBody
    {
        public long Length => bytes.Length;

        public ValueTask<int> ReadAsync(long offset, Memory<byte> buffer, CancellationToken cancellationToken)
        {
            var count = (int)Math.Min(buffer.Length, bytes.Length - offset);
            bytes.AsSpan((int)offset, count).CopyTo(buffer.Span);
            return new(count);
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Staged : StagedMessage
    {
        public override ValueTask DisposeAsync() => default;
    }

    private sealed class Intake(long maxSize) : IMessageIntake
    {
        private readonly MemoryStream _bytes = new();

        public long Length => _bytes.Length;

        public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            _bytes.Write(bytes.Span);
            return default;
        }

        public ValueTask<MailResult<IngestedMessage>> CompleteAsync(CancellationToken cancellationToken)
        {
            if (_bytes.Length > maxSize)
                return new(new MailError(MailErrorCode.TooBig, "too big"));
            var body = _bytes.ToArray();
            var hash = new byte[32];
            Blake3Hasher.Hash(body, hash);
            var mime = MimeReader.Parse(body);
            var envelope = new ArrayBufferWriter<byte>();
            var structure = new ArrayBufferWriter<byte>();
            mime.Envelope.Serialize(envelope);
            mime.Serialize(structure);
            return new(new Staged
            {
                Hash = ContentHash.From(hash),
                Size = body.Length,
                Header = mime.Header,
                HeaderTruncated = mime.HeaderTruncated,
                Envelope = envelope.WrittenMemory.ToArray(),
                Structure = structure.WrittenMemory.ToArray(),
                MessageId = mime.MessageId,
                Body = body,
            });
        }

        public ValueTask DisposeAsync() => default;
    }
}
