using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Sieve;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Sieve;

public sealed class SieveFilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_domains_scripts_lie_between_the_servers_and_the_users()
    {
        var options = new SieveOptions
        {
            Before = [Write("before")],
            After = [Write("after")],
            Default = Write("server-default"),
            Domains =
            [
                new SieveDomainOptions { Domain = "example.com", Before = [Write("domain-before")], After = [Write("domain-after")], Default = Write("domain-default") },
                new SieveDomainOptions { Domain = "none.example", Default = "" },
            ],
        };
        var files = Files(options);
        Names(files.Around("example.com").Value).ShouldBe("before domain-before | domain-default | domain-after after");
        Names(files.Around("other.example").Value).ShouldBe("before | server-default | after");
        Names(files.Around("none.example").Value).ShouldBe("before |  | after");
        var script = files.Around("example.com").Value.Before[0];
        Encoding.UTF8.GetString(script.Content.Span).ShouldBe("# before");
        script.Hash.ShouldNotBe(files.Around("example.com").Value.Before[1].Hash);
    }

    [Fact]
    public void The_built_in_default_is_there_unless_another_is_named()
    {
        var plain = Files(new SieveOptions()).Around("example.com").Value.Default!;
        var creating = Files(new SieveOptions { CreateDetailMailbox = true }).Around("example.com").Value.Default!;
        plain.Name.ShouldBe("default");
        plain.Hash.ShouldNotBe(creating.Hash);
        Encoding.UTF8.GetString(plain.Content.Span).ShouldContain("mailboxexists \"${detail}\"");
        Encoding.UTF8.GetString(creating.Content.Span).ShouldContain("fileinto :create \"${detail}\"");
        Files(new SieveOptions { Default = "" }).Around("example.com").Value.Default.ShouldBeNull();
    }

    [Fact]
    public void A_changed_file_is_read_again_and_a_missing_one_is_an_error()
    {
        var file = Write("before");
        var files = Files(new SieveOptions { Before = [file], RefreshFiles = TimeSpan.Zero });
        var first = files.Around("example.com").Value.Before[0];
        files.Around("example.com").Value.Before[0].ShouldBeSameAs(first);
        File.WriteAllText(file, "# another text");
        files.Around("example.com").Value.Before[0].Hash.ShouldNotBe(first.Hash);
        File.Delete(file);
        files.Around("example.com").Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        File.WriteAllText(file, new string('#', 2000));
        Files(new SieveOptions { Before = [file], MaxGlobalScriptSize = ByteSize.KiB(1) }).Around("example.com").Error!.Code.ShouldBe(MailErrorCode.Unavailable);
    }

    [Fact]
    public void Include_finds_names_within_its_folder_only()
    {
        Write("spam");
        Directory.CreateDirectory(_folder.File("inner"));
        File.WriteAllText(_folder.File("inner/deep.sieve"), "# deep");
        var files = Files(new SieveOptions { GlobalFolder = _folder.File("inner"), RefreshFiles = TimeSpan.Zero });
        files.Find("deep").Value.Name.ShouldBe("deep");
        foreach (var name in new[] { "", "missing", "../spam", "..", ".hidden", "a/b", "a\\b", "a\0b", new string('n', 200) })
            files.Find(name).Error!.Code.ShouldBe(MailErrorCode.NonExistent, name);
        File.Delete(_folder.File("inner/deep.sieve"));
        files.Find("deep").Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        Files(new SieveOptions()).Find("deep").Error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    private static SieveFiles Files(SieveOptions options) => new(options, TimeProvider.System, NullLoggerFactory.Instance);

    private static string Names(SieveGlobalScripts scripts) =>
        $"{string.Join(' ', scripts.Before.Select(static script => script.Name))} | {scripts.Default?.Name} | {string.Join(' ', scripts.After.Select(static script => script.Name))}";

    private string Write(string name)
    {
        var path = _folder.File(name + ".sieve");
        File.WriteAllText(path, "# " + name);
        return path;
    }
}
