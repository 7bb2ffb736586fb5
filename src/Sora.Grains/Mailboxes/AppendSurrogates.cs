using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Transfer;

namespace Sora.Grains.Mailboxes;

// How messages that are to be appended travel: with what the commit writes of them, and with where their bodies are. Lists become arrays, for one behind an interface may be of a type that has no
// serializer. Within a node nothing is copied.

/// <summary>A message and where its body is: in <see cref="Body"/>, in the database under <see cref="Arriving"/>, in a file of a node, or in the object store.</summary>
[GenerateSerializer, Alias("sora.AppendMessage"), Immutable]
internal readonly record struct AppendMessageSurrogate(
    [property: Id(0)] ContentHash Hash,
    [property: Id(1)] long Size,
    [property: Id(2)] byte[] Header,
    [property: Id(3)] bool HeaderTruncated,
    [property: Id(4)] byte[] Envelope,
    [property: Id(5)] byte[] Structure,
    [property: Id(6)] long LineEndOctets,
    [property: Id(7)] byte[]? Body,
    [property: Id(8)] long? Arriving,
    [property: Id(9)] string? Node,
    [property: Id(10)] string? Path,
    [property: Id(11)] byte[] Prefix,
    [property: Id(12)] FlagSet Flags,
    [property: Id(13)] DateTimeOffset InternalDate,
    [property: Id(14)] ContentId? EmailId);

[RegisterConverter]
internal sealed class AppendMessageConverter : IConverter<AppendMessage, AppendMessageSurrogate>
{
    public AppendMessage ConvertFromSurrogate(in AppendMessageSurrogate surrogate) => new(
        new ArrivedMessage
        {
            Hash = surrogate.Hash,
            Size = surrogate.Size,
            Header = surrogate.Header,
            HeaderTruncated = surrogate.HeaderTruncated,
            Envelope = surrogate.Envelope,
            Structure = surrogate.Structure,
            LineEndOctets = surrogate.LineEndOctets,
            Body = surrogate.Body is { } body ? (ReadOnlyMemory<byte>?)body : null, // an array that is null would become an empty body
            Arriving = surrogate.Arriving,
            Node = surrogate.Node,
            Path = surrogate.Path,
        },
        surrogate.Prefix,
        surrogate.Flags,
        surrogate.InternalDate)
    {
        EmailId = surrogate.EmailId,
    };

    public AppendMessageSurrogate ConvertToSurrogate(in AppendMessage value)
    {
        var content = (StagedMessage)value.Content;
        return new AppendMessageSurrogate(
            content.Hash,
            content.Size,
            content.HeaderTruncated ? [] : content.Header.ToArray(),
            content.HeaderTruncated,
            content.Envelope.ToArray(),
            content.Structure.ToArray(),
            content.LineEndOctets,
            content.Body?.ToArray(),
            (content as ArrivedMessage)?.Arriving,
            content.Node,
            content.Path,
            value.Prefix.ToArray(),
            value.Flags,
            value.InternalDate,
            value.EmailId);
    }
}

[GenerateSerializer, Alias("sora.AppendRequest"), Immutable]
internal readonly record struct AppendRequestSurrogate([property: Id(0)] OperationId Operation, [property: Id(1)] AppendMessage[] Messages);

[RegisterConverter]
internal sealed class AppendRequestConverter : IConverter<AppendRequest, AppendRequestSurrogate>
{
    public AppendRequest ConvertFromSurrogate(in AppendRequestSurrogate surrogate) => new(surrogate.Operation, surrogate.Messages);

    public AppendRequestSurrogate ConvertToSurrogate(in AppendRequest value) => new(value.Operation, [.. value.Messages]);
}

[GenerateSerializer, Alias("sora.ReplaceRequest"), Immutable]
internal readonly record struct ReplaceRequestSurrogate(
    [property: Id(0)] OperationId Operation,
    [property: Id(1)] UidSet Replaced,
    [property: Id(2)] MailboxId Destination,
    [property: Id(3)] AppendMessage[] Messages);

[RegisterConverter]
internal sealed class ReplaceRequestConverter : IConverter<ReplaceRequest, ReplaceRequestSurrogate>
{
    public ReplaceRequest ConvertFromSurrogate(in ReplaceRequestSurrogate surrogate) =>
        new(surrogate.Operation, surrogate.Replaced, surrogate.Destination, surrogate.Messages);

    public ReplaceRequestSurrogate ConvertToSurrogate(in ReplaceRequest value) => new(value.Operation, value.Replaced, value.Destination, [.. value.Messages]);
}

[GenerateSerializer, Alias("sora.MailboxAppends"), Immutable]
internal readonly record struct MailboxAppendsSurrogate([property: Id(0)] MailboxId[] Mailboxes, [property: Id(1)] AppendRequest[] Requests);

[RegisterConverter]
internal sealed class MailboxAppendsConverter : IConverter<MailboxAppends, MailboxAppendsSurrogate>
{
    public MailboxAppends ConvertFromSurrogate(in MailboxAppendsSurrogate surrogate)
    {
        var appends = new MailboxAppend[surrogate.Mailboxes.Length];
        for (var i = 0; i < appends.Length; i++)
            appends[i] = new MailboxAppend(surrogate.Mailboxes[i], surrogate.Requests[i]);
        return new MailboxAppends(appends);
    }

    public MailboxAppendsSurrogate ConvertToSurrogate(in MailboxAppends value) =>
        new([.. value.Appends.Select(static append => append.Mailbox)], [.. value.Appends.Select(static append => append.Request)]);
}
