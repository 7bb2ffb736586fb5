using Sora.Contracts;

namespace Sora.Mailstore.Bodies;

/// <summary>
/// An ingested message and where its body waits to become durable with the commit, or is durable already: with neither <see cref="Body"/> nor
/// <see cref="Path"/> it is a staged object.
/// </summary>
public abstract class StagedMessage : IngestedMessage
{
    /// <summary>The body itself, for staging in the database: it is sent with the commit. Null when it is in a file or a staged object.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <inheritdoc/>
    public override long MemorySize => base.MemorySize + (Body?.Length ?? 0);

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        if (Body is not { } body)
            throw new NotSupportedException("The body is in a file");
        var count = (int)Math.Clamp(body.Length - offset, 0, destination.Length);
        body.Slice((int)Math.Min(offset, body.Length), count).CopyTo(destination);
        return new(count);
    }

    /// <summary>Name of the staged file, which is durable, relative to the node's staging folder; null when it is not in such a file.</summary>
    public string? Path { get; init; }

    /// <summary>The node that has the file.</summary>
    public string? Node { get; init; }
}
