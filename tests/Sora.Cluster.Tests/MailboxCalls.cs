using Sora.Contracts;

namespace Sora.Cluster.Tests;

/// <summary>Short forms of a mailbox's calls.</summary>
internal static class MailboxCalls
{
    private static readonly ModSeq Nothing = new(-1);

    public static async Task<AppendResult> AppendAsync(this IMailbox mailbox, int number, int size = 40) =>
        (await mailbox.AppendAsync(new AppendRequest(OperationId.New(), [TestMessage.Append(number, size)]), CancellationToken.None)).Value;

    public static async Task<StoreResult> AddFlagAsync(this IMailbox mailbox, UidSet uids, SystemFlags flag) =>
        (await mailbox.StoreAsync(new StoreRequest(OperationId.New(), uids, StoreMode.Add, FlagSet.Of(flag)), CancellationToken.None)).Value;

    /// <summary>The whole index.</summary>
    public static async Task<MailboxIndex> IndexAsync(this IMailbox mailbox) => (await mailbox.OpenAsync(Nothing, CancellationToken.None)).Value.Index!;

    /// <summary>The numbers of the messages, in the order of their UIDs.</summary>
    public static IEnumerable<int> Numbers(this MailboxIndex index)
    {
        for (var i = 0; i < index.Count; i++)
            yield return (int)index[i].InternalDate;
    }
}
