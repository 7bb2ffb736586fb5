using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Mailboxes;

/// <summary>Has the code that opens a large mailbox compiled before the first client asks for one, from the database's answer to the index.</summary>
internal static class IndexWarmUp
{
    private const int Messages = 20_000; // several chunks, more than a socket holds
    private const int Operations = 1000; // a header that does not fit into a connection's buffer
    private const int Rounds = 40; // enough for the runtime to compile what it calls with optimisation

    public static async Task RunAsync(MailboxStore store, CancellationToken cancellationToken)
    {
        var messages = new AppendedMessage[Messages];
        for (var i = 0; i < Messages; i++)
        {
            var uneven = (uint)(i * 2654435761L); // no narrower in the stored form than real mail is
            messages[i] = new AppendedMessage((uint)(i * 2) + 1, (ulong)(i % 3), uneven % 4096, uneven % 50_000, uneven, new ContentId(uneven % 9_000_000));
        }

        var index = MailboxIndex.Empty(new MailboxId(0), new UidValidity(1))
            .Apply(new MailboxDelta { ModSeq = new ModSeq(1), UidNext = (Messages * 2) + 1, Appended = messages });
        var record = new MailboxDelta { ModSeq = new ModSeq(2), UidNext = (Messages * 2) + 2, Appended = [messages[0] with { Uid = (Messages * 2) + 1 }] };
        var operations = Enumerable.Repeat(new CompletedOperation(OperationId.New(), UidSet.Of(1), UidSet.Of(1), index.UidValidity, 1, 1), Operations).ToArray();
        var (snapshot, _) = MailboxSnapshot.None.Next(index, operations);
        for (var round = 0; round < Rounds; round++)
        {
            await store.LoadAsync(index.Id, cancellationToken); // no mailbox has this number
            var loaded = await store.ReadBackAsync(snapshot, record, cancellationToken);
            MailboxSnapshot.Of(loaded);
        }
    }
}
