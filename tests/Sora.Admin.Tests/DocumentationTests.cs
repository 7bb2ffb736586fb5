using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class DocumentationTests : AdminTest
{
    [Fact]
    public async Task Every_example_of_the_documentation_works_in_its_order()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("accounts.txt"), "file@example.com\tsecret\n");
        await File.WriteAllTextAsync(folder.File("message.eml"), "Subject: test\r\n\r\ntext\r\n");
        using (var authority = new TestAuthority())
            authority.Issue("mail.example.com").Write(folder, "mail");
        await File.WriteAllTextAsync(folder.File("config.toml"), 
            $"[tls_store]\nsecret = \"a secret of the tests, which is long enough\"\n\n[storage]\nbodies_folder = \"{folder.File("bodies")}\"\n");
        Directory.CreateDirectory(folder.File("bodies"));
        var examples = (await File.ReadAllLinesAsync(Path.Combine(Root(), "docs", "admin-cli.md")))
            .Where(line => line.StartsWith("sora-admin ", StringComparison.Ordinal) || line.Contains("| sora-admin ", StringComparison.Ordinal))
            .Where(line => !line.StartsWith('|') && !line.Contains("--url", StringComparison.Ordinal))
            .ToList();
        examples.Count.ShouldBeGreaterThan(15);
        foreach (var example in examples)
        {
            var start = example.IndexOf("sora-admin ", StringComparison.Ordinal);
            var arguments = Split(example[(start + "sora-admin ".Length)..].Replace(" --data data", "", StringComparison.Ordinal))
                .Select(argument => argument is "accounts.txt" or "message.eml" or "mail.crt" or "mail.key" or "config.toml" ? folder.File(argument) : argument);
            var ran = await RunWithInputAsync(start == 0 ? "" : Split(example)[1] + "\n", [.. arguments]);
            ran.Code.ShouldBe(ExitCode.Ok, $"{example}: {ran.Error}");
        }

        (await LogsInAsync("lovelace@example.com", "new-secret")).ShouldBeTrue();
    }

    private static string[] Split(string line) =>
        [.. line.Split('"').SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

    private static string Root()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Sora.Orleans.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Not in a checkout");
        return folder;
    }
}
