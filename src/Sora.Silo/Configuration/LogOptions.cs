using Sora.Configuration;
using Sora.Silo.Logging;

namespace Sora.Silo.Configuration;

/// <summary>How much is logged.</summary>
public enum LogSeverity
{
    Trace,
    Debug,
    Information,
    Warning,
    Error,
    Critical,
    None,
}

/// <summary>How a log event is written.</summary>
public enum LogFormat
{
    /// <summary>One line to read, and the lines of an exception below it.</summary>
    Text,

    /// <summary>One JSON object on a line.</summary>
    Json,
}

/// <summary>[log]: what is written where.</summary>
[Section("The log; it never holds passwords or messages")]
public sealed class LogOptions : IValidatableOptions
{
    [Option("Events less severe than this are left out; read again on SIGHUP")]
    public LogSeverity Level { get; set; } = LogSeverity.Information;

    [Option("Levels of single categories and those below them, as category=level; read again on SIGHUP for categories that are named at start")]
    public IReadOnlyList<string> Levels { get; set; } = ["Microsoft=warning", "Npgsql=warning", "Orleans=warning", "Orleans.Messaging=critical", "Orleans.Runtime.Watchdog=error", "Polly=critical"];

    [Option("Form of the log: text to read, or json with one object on each line")]
    public LogFormat Format { get; set; } = LogFormat.Text;

    [Option("Write to the console (standard output)")]
    public bool Console { get; set; } = true;

    [Option("File to write to as well; when it is full a number is added to the name of the next", Example = "/var/log/sora/sora.log")]
    public string? File { get; set; }

    [Option("Size at which a new file is begun")]
    [OptionRange("64KiB", "16GiB")]
    public ByteSize FileSize { get; set; } = ByteSize.MiB(100);

    [Option("Files kept, the current one included; older ones are deleted")]
    [OptionRange(1, 10_000)]
    public int FilesKept { get; set; } = 10;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var text in Levels)
        {
            if (!CategoryLevel.TryParse(text, out _))
                yield return $"levels has '{text}', which is not category=level with one of {CategoryLevel.Names}";
        }
    }
}
