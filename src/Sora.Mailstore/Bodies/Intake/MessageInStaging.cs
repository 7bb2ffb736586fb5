using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>
/// A message that waits for its commits. Its body in memory is never pooled, and a staged file is not deleted with it: a commit may still be under
/// way when the session has lost its patience.
/// </summary>
internal sealed class MessageInStaging : StagedMessage
{
    private readonly MessageIntakes _owner;
    private SafeFileHandle? _file;
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
        LineEndOctets = parsed.LineEndOctets;
    }

    /// <summary>What was taken of <see cref="StorageOptions.DatabaseStagingMemory"/>.</summary>
    public long DatabaseMemory { get; init; }

    /// <summary>The file that the body came in, beside the staged object; it goes with the message.</summary>
    public string? LocalFile { get; init; }

    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if ((Path ?? LocalFile) is not { } name)
            return base.ReadAsync(offset, destination, cancellationToken);
        _file ??= File.OpenHandle(_owner.Folder.FullName(name), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, FileOptions.Asynchronous);
        return RandomAccess.ReadAsync(_file, destination, offset, cancellationToken);
    }

    public override ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _file?.Dispose();
            _owner.ReturnDatabaseMemory(DatabaseMemory);
            if (Path is not null)
                _owner.Folder.Release(Path);
            if (LocalFile is not null)
                _owner.Folder.Drop(LocalFile);
        }

        return ValueTask.CompletedTask;
    }
}
