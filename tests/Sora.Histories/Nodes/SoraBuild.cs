namespace Sora.Histories.Nodes;

/// <summary>The programs of one build of Sora.</summary>
/// <param name="Sora">The server.</param>
/// <param name="SoraAdmin">The command line.</param>
public sealed record SoraBuild(string Sora, string SoraAdmin)
{
    /// <summary>What was built with the program that runs them.</summary>
    public static SoraBuild This { get; } = new(BuiltPrograms.Sora, BuiltPrograms.SoraAdmin);

    /// <summary>The one that tests of upgrades start from: <c>./dev test</c> has built it from the commit in tests/upgrade-from.</summary>
    public static SoraBuild Old { get; } = new(OldProgram("sora"), OldProgram("sora-admin"));

    /// <summary>contracts.txt of <see cref="Old"/>.</summary>
    public static string OldContracts { get; } = Path.Combine(OldFolder, "contracts.txt");

    /// <summary>Why there is no <see cref="Old"/>; null when there is.</summary>
    public static string? OldMissing => Directory.Exists(OldFolder) ? null : "the build to upgrade from is not there: ./dev test makes it, or says why it cannot";

    /// <summary>The commit of <see cref="Old"/>.</summary>
    public static string OldCommit => File.ReadLines(Path.Combine(BuiltPrograms.Repository, "tests", "upgrade-from")).First();

    /// <summary>What the server says of itself.</summary>
    public Task<string> VersionAsync() => Command.RunAsync("dotnet", Sora, "version");

    private static string OldFolder => Path.Combine(BuiltPrograms.Repository, ".dev", "old", OldCommit);

    private static string OldProgram(string name) => Path.Combine(OldFolder, name, name + ".dll");
}
