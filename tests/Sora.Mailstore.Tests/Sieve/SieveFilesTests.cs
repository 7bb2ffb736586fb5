using System.Diagnostics.Metrics;
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
    public void A_changed_file_is_read_again()
    {
        var file = Write("before");
        var files = Files(new SieveOptions { Before = [file], RefreshFiles = TimeSpan.Zero });
        var first = files.Around("example.com").Value.Before[0];
        files.Around("example.com").Value.Before[0].ShouldBeSameAs(first);
        File.WriteAllText(file, "# another text");
        files.Around("example.com").Value.Before[0].Hash.ShouldNotBe(first.Hash);
    }

    [Fact]
    public void What_cannot_be_used_leaves_the_last_good_version_in_force_and_is_told_once()
    {
        var file = Write("before");
        var log = new RecordedLog();
        using var metrics = new MailstoreMetrics();
        var failures = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter == metrics.Meter && instrument.Name == "sora_sieve_file_failures_total")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => failures += value);
        listener.Start();
        var files = new SieveFiles(
            new SieveOptions { Before = [file], RefreshFiles = TimeSpan.Zero, MaxGlobalScriptSize = ByteSize.KiB(1) }, TimeProvider.System, log, metrics,
            static script => script.Span.IndexOf("wrong"u8) < 0 ? null : "line 1, column 1: error: wrong");
        var good = files.Around("example.com").Value.Before[0];
        foreach (var (spoil, reason) in new (Action, string)[]
        {
            (() => File.Delete(file), "there is no such file"),
            (() => File.WriteAllText(file, "wrong"), "line 1, column 1: error: wrong"),
            (() => File.WriteAllText(file, new string('#', 2000)), "it has more than 1024 bytes"),
        })
        {
            spoil();
            var before = log.Lines.Count;
            for (var look = 0; look < 3; look++)
                files.Around("example.com").Value.Before[0].ShouldBeSameAs(good);
            log.Lines.Skip(before).ShouldHaveSingleItem().ShouldBe($"Error: {file}, a Sieve script or list of the site, cannot be used as it is now; what it had before stays in force: {reason}");
            files.Problems().ShouldBe([$"sieve.before: {file}: {reason}"]);
        }

        failures.ShouldBe(12);
        File.WriteAllText(file, "# good again");
        files.Around("example.com").Value.Before[0].Hash.ShouldNotBe(good.Hash);
        log.Lines[^1].ShouldBe($"Information: {file}, a Sieve script or list of the site, can be used again");
        files.Problems().ShouldBeEmpty();
    }

    [Fact]
    public void What_was_never_good_is_an_error_and_named_with_its_option()
    {
        var missing = _folder.File("missing.sieve");
        var options = new SieveOptions
        {
            After = [Write("after"), missing],
            Default = missing,
            GlobalFolder = _folder.File("nowhere"),
            Domains = [new SieveDomainOptions { Domain = "example.com", Before = [missing] }],
            Imap = [new SieveImapRuleOptions { Mailbox = "*", After = [missing] }],
        };
        var files = Files(options);
        files.Around("example.com").Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        files.Events().Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        files.Problems().ShouldBe(
        [
            $"sieve.after: {missing}: there is no such file",
            $"sieve.default: {missing}: there is no such file",
            $"sieve.imap[0].after: {missing}: there is no such file",
            $"sieve.domains[0].before: {missing}: there is no such file",
            $"sieve.global_folder: {options.GlobalFolder}: there is no such folder",
        ]);
    }

    [Fact]
    public void An_included_script_that_gets_worse_stays_as_it_was_and_one_that_never_was_good_is_taken()
    {
        Directory.CreateDirectory(_folder.File("inner"));
        var file = _folder.File("inner/one.sieve");
        var files = new SieveFiles(
            new SieveOptions { GlobalFolder = _folder.File("inner"), RefreshFiles = TimeSpan.Zero }, TimeProvider.System, NullLoggerFactory.Instance, null,
            static script => script.Span.IndexOf("wrong"u8) < 0 ? null : "wrong");
        File.WriteAllText(file, "wrong");
        Encoding.UTF8.GetString(files.Find("one").Value.Content.Span).ShouldBe("wrong"); // who includes it is told why it fails
        File.WriteAllText(file, "# good");
        Encoding.UTF8.GetString(files.Find("one").Value.Content.Span).ShouldBe("# good");
        File.WriteAllText(file, "wrong now");
        Encoding.UTF8.GetString(files.Find("one").Value.Content.Span).ShouldBe("# good");
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
