using System.Diagnostics;

namespace Sora.Gateway.Connections;

/// <summary>Where spans of commands come from. What a command asks of other nodes and of PostgreSQL has spans of its own below.</summary>
public static class Tracing
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "Sora";

    internal static ActivitySource Source { get; } = new(SourceName);
}
