namespace Sora.Gateway.ManageSieve.Wire;

/// <summary>A command that is not what RFC 5804 section 4 allows; the message is told to the client.</summary>
internal sealed class ManageSieveSyntaxException(string message) : Exception(message);
