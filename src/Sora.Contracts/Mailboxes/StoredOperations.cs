using System.Buffers;
using System.Collections;

namespace Sora.Contracts;

/// <summary>
/// Completed operations in their stored form, read when somebody asks for one: a mailbox that is only looked at never does. Their bytes are
/// whole: the checksum of the snapshot's header covers them.
/// </summary>
public sealed class StoredOperations(ReadOnlyMemory<byte> data) : IReadOnlyList<CompletedOperation>
{
    private CompletedOperation[]? _read;

    public int Count => Read().Length;

    public CompletedOperation this[int index] => Read()[index];

    public IEnumerator<CompletedOperation> GetEnumerator() => ((IEnumerable<CompletedOperation>)Read()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal static void Write(IBufferWriter<byte> writer, IReadOnlyList<CompletedOperation> operations)
    {
        MailboxDeltaCodec.WriteVarint(writer, (ulong)operations.Count);
        foreach (var operation in operations)
            MailboxDeltaCodec.WriteOperation(writer, operation);
    }

    private CompletedOperation[] Read()
    {
        if (_read is not null)
            return _read;
        var reader = new VarintReader(data.Span);
        var operations = new CompletedOperation[reader.ReadCount(20)];
        for (var i = 0; i < operations.Length; i++)
            operations[i] = MailboxDeltaCodec.ReadOperation(ref reader);
        return _read = operations;
    }
}
