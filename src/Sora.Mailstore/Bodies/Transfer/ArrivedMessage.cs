using System.Diagnostics.CodeAnalysis;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Transfer;

/// <summary>A message that another node has taken in: what a commit needs of it. Nothing of it is this node's to clear away.</summary>
public sealed class ArrivedMessage : StagedMessage
{
    public ArrivedMessage()
    {
    }

    /// <summary>The same message with its body somewhere else.</summary>
    [SetsRequiredMembers]
    public ArrivedMessage(StagedMessage message, ReadOnlyMemory<byte>? body, long? arriving)
    {
        Hash = message.Hash;
        Size = message.Size;
        Header = message.Header;
        HeaderTruncated = message.HeaderTruncated;
        Envelope = message.Envelope;
        Structure = message.Structure;
        LineEndOctets = message.LineEndOctets;
        MessageId = message.MessageId;
        Node = message.Node;
        Path = message.Path;
        Body = body;
        Arriving = arriving;
    }

    /// <summary>The row of the database that holds the body until the mailbox's writer has it; null when it is not there.</summary>
    public long? Arriving { get; init; }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
