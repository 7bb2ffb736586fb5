namespace Sora.Gateway.Imap.Wire;

/// <summary>The client closed the connection or stopped in the middle of something: there is nobody to answer.</summary>
internal sealed class ClientGoneException(string message) : IOException(message);
