using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Append;

/// <summary>What is to be done, one after the other, to take the messages of APPEND and REPLACE.</summary>
internal abstract record AppendStep;

/// <summary>A message begins: append-opts of RFC 4466.</summary>
internal sealed record MessageStart(FlagSet Flags, DateTimeOffset? Date) : AppendStep;

/// <summary>A message or a part of one that the client sends; always the last step of what was parsed.</summary>
internal sealed record LiteralPart(MessageLiteral Literal) : AppendStep;

/// <summary>CATENATE: a message, or a part of one, that the server has (RFC 4469).</summary>
internal sealed record UrlPart(string Url) : AppendStep;

/// <summary>The message that was begun is whole.</summary>
internal sealed record MessageEnd : AppendStep;
