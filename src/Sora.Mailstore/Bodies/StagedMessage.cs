using Sora.Contracts;

namespace Sora.Mailstore.Bodies;

/// <summary>An ingested message and where its body waits to become durable with the commit, or is durable already.</summary>
public abstract class StagedMessage : IngestedMessage
{
    /// <summary>The body itself, for staging in the database: it is sent with the commit. Null when it is in a file.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <inheritdoc/>
    public override long MemorySize => base.MemorySize + (Body?.Length ?? 0);

    /// <summary>Name of the staged file, which is durable, relative to the node's staging folder; null when the body goes to the database.</summary>
    public string? Path { get; init; }

    /// <summary>The node that has the file.</summary>
    public string? Node { get; init; }
}
