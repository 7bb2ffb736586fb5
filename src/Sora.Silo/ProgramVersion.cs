using System.Reflection;

namespace Sora.Silo;

/// <summary>Which Sora this is.</summary>
internal static class ProgramVersion
{
    /// <summary>"0.1.0"</summary>
    public static string Text { get; } = typeof(ProgramVersion).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Whether the cluster part was compiled in.</summary>
    public static bool HasOrleans =>
#if ORLEANS
        true;
#else
        false;
#endif

    /// <summary>The commit it was built from, when the build knew it.</summary>
    public static string? Commit { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, var commit]
            ? commit
            : null;
}
