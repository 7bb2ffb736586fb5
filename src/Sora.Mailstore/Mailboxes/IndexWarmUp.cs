using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>Has the code that opens a large mailbox compiled before the first client asks for one.</summary>
internal static class IndexWarmUp
{
    private const int Messages = 5000; // more than one chunk
    private const int Rounds = 40; // enough for the runtime to compile what it calls with optimisation

    public static async Task RunAsync()
    {
        var messages = new AppendedMessage[Messages];
        for (var i = 0; i < Messages; i++)
            messages[i] = new AppendedMessage((uint)(i * 2) + 1, (ulong)(i % 3), i * 7L, i * 5L, (uint)(i * 31), new ContentId(i * 3L));
        var index = MailboxIndex.Empty(new MailboxId(0), new UidValidity(1))
            .Apply(new MailboxDelta { ModSeq = new ModSeq(1), UidNext = (Messages * 2) + 1, Appended = messages });
        for (var round = 0; round < Rounds; round++)
        {
            var chunks = new ReadOnlyMemory<byte>[index.ChunkCount];
            var stored = new SnapshotChunk[index.ChunkCount];
            for (var i = 0; i < chunks.Length; i++)
            {
                var data = MailboxIndexCodec.EncodeChunk(index, i);
                chunks[i] = data;
                stored[i] = new SnapshotChunk(i, MailboxIndexCodec.Checksum(data));
            }

            var header = MailboxIndexCodec.EncodeHeader(new SnapshotHeader(index, stored, chunks.Length, []));
            MailboxIndexCodec.Decode(MailboxIndexCodec.DecodeHeader(index.Id, index.UidValidity, header), chunks);
            await Task.Yield();
        }
    }
}
