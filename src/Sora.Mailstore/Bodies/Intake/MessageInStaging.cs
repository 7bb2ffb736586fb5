using System.Diagnostics.CodeAnalysis;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>
/// A message that waits for its commits. Its body in memory is never pooled, and its file is not deleted with it: a commit may still be under
/// way when the session has lost its patience.
/// </summary>
internal sealed class MessageInStaging : StagedMessage
{
    private readonly MessageIntakes _owner;
    private int _isDisposed;

    [SetsRequiredMembers]
    public MessageInStaging(MessageIntakes owner, ParsedMessage parsed, long size)
    {
        _owner = owner;
        Size = size;
        Hash = parsed.Hash;
        Header = parsed.Header;
        HeaderTruncated = parsed.HeaderTruncated;
        Envelope = parsed.Envelope;
        Structure = parsed.Structure;
        MessageId = parsed.MessageId;
    }

    /// <summary>What was taken of <see cref="StorageOptions.DatabaseStagingMemory"/>.</summary>
    public long DatabaseMemory { get; init; }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _owner.ReturnDatabaseMemory(DatabaseMemory);
            if (Path is not null)
                _owner.Folder.Release(Path);
        }

        return ValueTask.CompletedTask;
    }
}
