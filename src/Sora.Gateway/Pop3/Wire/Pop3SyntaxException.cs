namespace Sora.Gateway.Pop3.Wire;

/// <summary>A command is not as it must be; the message is shown to the client.</summary>
internal sealed class Pop3SyntaxException(string message) : Exception(message);
