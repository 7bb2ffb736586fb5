namespace Sora.Gateway.Connections;

/// <summary>A command needs more memory than its session may take; out of deep inside its work. The command is refused, the session goes on.</summary>
internal sealed class SessionMemoryException : Exception;
