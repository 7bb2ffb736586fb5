namespace Sora.Histories.Nodes;

/// <summary>Where the programs were built: in the configuration of the program that runs them.</summary>
public static class BuiltPrograms
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The working copy: tests/X/bin/Debug/net10.0 and bench/X/bin/Release/net10.0 lie five folders below it.</summary>
    public static string Repository { get; } = Output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    public static string Sora { get; } = Built("Sora.Silo", "sora.dll");

    public static string SoraAdmin { get; } = Built("Sora.Admin", "sora-admin.dll");

    private static string Built(string project, string file) => Path.Combine(Repository, "src", project, "bin", Output.Parent!.Name, Output.Name, file);
}
