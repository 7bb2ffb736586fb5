using System.Text.Json;
using Microsoft.Extensions.Logging;
using Sora.Silo.Configuration;
using Sora.Silo.Logging;
using Sora.Testing;

namespace Sora.Silo.Tests;

public sealed class LogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Json_is_one_object_on_a_line()
    {
        var lines = Write(LogFormat.Json, logger =>
        {
            logger.LogWarning(new EventId(7), "User {User} has {Count} messages", "a\"b\nc", 3);
            logger.LogError(new InvalidOperationException("first\nsecond"), "Failed");
        });
        lines.Length.ShouldBe(2);
        using var first = JsonDocument.Parse(lines[0]);
        first.RootElement.GetProperty("level").GetString().ShouldBe("warning");
        first.RootElement.GetProperty("category").GetString().ShouldBe("Test.Category");
        first.RootElement.GetProperty("event").GetInt32().ShouldBe(7);
        first.RootElement.GetProperty("node").GetString().ShouldBe("node1");
        first.RootElement.GetProperty("message").GetString().ShouldBe("User a\"b\nc has 3 messages");
        first.RootElement.GetProperty("data").GetProperty("Count").GetInt32().ShouldBe(3);
        using var second = JsonDocument.Parse(lines[1]);
        second.RootElement.GetProperty("error").GetString()!.ShouldContain("first\nsecond");
    }

    [Fact]
    public void Text_cannot_be_forged()
    {
        var lines = Write(LogFormat.Text, static logger => logger.LogWarning("Command {Name}", "x\r\n2026-01-01 00:00:00.000Z critical Sora: \u001b[31mall is lost"));
        lines.Length.ShouldBe(1);
        lines[0].ShouldEndWith("warning Test.Category: Command x\\u000d\\u000a2026-01-01 00:00:00.000Z critical Sora: \\u001b[31mall is lost");
    }

    [Theory]
    [InlineData(LogSeverity.Warning, "", 1)]
    [InlineData(LogSeverity.Debug, "", 3)]
    [InlineData(LogSeverity.Warning, "Test=debug", 3)]
    [InlineData(LogSeverity.Debug, "Test.Category=error", 0)]
    [InlineData(LogSeverity.None, "", 0)]
    public void Levels(LogSeverity level, string category, int expected) => Write(LogFormat.Text, Three, level, category).Length.ShouldBe(expected);

    [Fact]
    public void Levels_change_while_it_runs()
    {
        var options = Options(LogFormat.Text, LogSeverity.Warning, "Test=none");
        using (var log = new LogSetup(options, "node1"))
        {
            var logger = log.Factory.CreateLogger("Test.Category");
            Three(logger);
            log.Reload(Options(LogFormat.Text, LogSeverity.Information, "Test=debug"));
            Three(logger);
        }

        Lines().Length.ShouldBe(3);
    }

    private static void Three(ILogger logger)
    {
        logger.LogDebug("one");
        logger.LogInformation("two");
        logger.LogWarning("three");
    }

    private string[] Write(LogFormat format, Action<ILogger> act, LogSeverity level = LogSeverity.Information, string category = "")
    {
        using (var log = new LogSetup(Options(format, level, category), "node1"))
            act(log.Factory.CreateLogger("Test.Category"));
        return Lines();
    }

    private LogOptions Options(LogFormat format, LogSeverity level, string category) => new()
    {
        Format = format, Level = level, Console = false, File = _folder.File("log"), Levels = category.Length == 0 ? [] : [category],
    };

    private string[] Lines() => File.Exists(_folder.File("log")) ? File.ReadAllLines(_folder.File("log")) : [];
}
