namespace Sora.Admin;

/// <summary>A command cannot go on; the message is one readable line.</summary>
internal sealed class AdminException(string message, int exitCode = ExitCode.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
