using Sora.Contracts;
using Sora.Mailstore.Bodies;

namespace Sora.Mailstore.Storage;

/// <summary>What became of a record that was sent to be committed.</summary>
internal enum CommitOutcome
{
    /// <summary>Durable.</summary>
    Won,

    /// <summary>Another writer has taken the number; nothing of this unit was written.</summary>
    Lost,

    /// <summary>The database failed; whether the record was written is unknown until the log is read again.</summary>
    Unknown,
}

/// <summary>A content that comes into being with a record.</summary>
internal sealed record NewContent(ContentId Id, StagedMessage Message, ReadOnlyMemory<byte> Prefix);

/// <summary>One mailbox's next record with all that belongs to it.</summary>
internal sealed class MailboxCommit
{
    public required MailboxId Mailbox { get; init; }

    public required AccountId Account { get; init; }

    public required MailboxDelta Delta { get; init; }

    /// <summary>The index after the record.</summary>
    public required MailboxIndex Index { get; init; }

    public IReadOnlyList<NewContent> Contents { get; init; } = [];

    /// <summary>Contents that its new messages share with others (COPY, restoring): they must still be there when it is committed.</summary>
    public IReadOnlyCollection<long> References { get; init; } = [];
}

/// <summary>Records that are committed together: one, or those of several mailboxes (a move, a delivery into several), of which either all are written or none.</summary>
internal sealed class CommitUnit(params IReadOnlyList<MailboxCommit> commits)
{
    private readonly TaskCompletionSource<CommitOutcome> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<MailboxCommit> Commits { get; } = commits;

    public Task<CommitOutcome> Completion => _completion.Task;

    /// <summary>Those of the <see cref="MailboxCommit.References"/> that were purged meanwhile, when the unit is lost for that.</summary>
    public IReadOnlyCollection<long> Purged { get; set; } = [];

    /// <summary>It has messages whose contents others have.</summary>
    public bool HasReferences
    {
        get
        {
            foreach (var commit in Commits)
            {
                if (commit.References.Count > 0)
                    return true;
            }

            return false;
        }
    }

    /// <summary>Bytes that the unit sends, roughly.</summary>
    public long Size
    {
        get
        {
            var size = 0L;
            foreach (var commit in Commits)
            {
                size += 256;
                foreach (var content in commit.Contents)
                    size += 1024 + content.Message.Header.Length + (content.Message.Body?.Length ?? 0);
            }

            return size;
        }
    }

    public void Complete(CommitOutcome outcome) => _completion.TrySetResult(outcome);
}
