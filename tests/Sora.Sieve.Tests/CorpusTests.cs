namespace Sora.Sieve.Tests;

/// <summary>The scripts of Corpus/ do what they say of themselves, and there are scripts for all that the engine has.</summary>
public sealed class CorpusTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Corpus");

    private static readonly string[] Cases = ["normal", "edge", "error"];

    public static TheoryData<string> Files => [.. Directory.GetFiles(Folder, "*.sieve").Select(static path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public void AScriptDoesWhatItSays(string file)
    {
        var script = CorpusScript.Check(Path.Combine(Folder, file));
        script.Problems.ShouldBeEmpty();
        script.Expectations.ShouldBeGreaterThan(0);
        Cases.ShouldContain(script.Case);
    }

    [Fact]
    public void EachCapabilityHasItsScripts()
    {
        var scripts = Directory.GetFiles(Folder, "*.sieve").Select(CorpusScript.Check).ToList();
        scripts.Count.ShouldBeGreaterThanOrEqualTo(150);
        foreach (var capability in SieveCapabilities.All)
            scripts.Where(script => script.Capabilities.Contains(capability)).Select(static script => script.Case).Distinct()
                .ShouldBe(Cases, ignoreOrder: true, customMessage: capability);
    }
}
