namespace Sora.EndToEnd.Tests.Servers;

/// <summary>Where the programs under test were built: beside this test, in the same configuration.</summary>
internal static class Programs
{
    private static readonly DirectoryInfo Output = new(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));

    /// <summary>The working copy: tests/Sora.EndToEnd.Tests/bin/Debug/net10.0 lies five folders below it.</summary>
    public static string Repository { get; } = Output.Parent!.Parent!.Parent!.Parent!.Parent!.FullName;

    public static string Sora { get; } = Built("Sora.Silo", "sora.dll");

    public static string SoraAdmin { get; } = Built("Sora.Admin", "sora-admin.dll");

    /// <summary>A script of this project.</summary>
    public static string Script(string name) => Path.Combine(Output.FullName, "Clients", "Scripts", name);

    /// <summary>A file of the working copy.</summary>
    public static string InRepository(params string[] path) => Path.Combine([Repository, .. path]);

    private static string Built(string project, string file) =>
        Path.Combine(Repository, "src", project, "bin", Output.Parent!.Name, Output.Name, file);
}
