using Serilog.Events;
using Sora.Silo.Configuration;

namespace Sora.Silo.Logging;

/// <summary>One element of log.levels: "Npgsql=warning".</summary>
internal readonly record struct CategoryLevel(string Category, LogSeverity Level)
{
    public static string Names { get; } = string.Join(", ", Enum.GetNames<LogSeverity>().Select(name => name.ToLowerInvariant()));

    public static bool TryParse(string text, out CategoryLevel level)
    {
        level = default;
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            return false;
        var name = text.AsSpan(equals + 1).Trim();
        if (name.IsEmpty || !char.IsAsciiLetter(name[0]) || !Enum.TryParse<LogSeverity>(name, ignoreCase: true, out var severity))
            return false;
        level = new CategoryLevel(text[..equals].Trim(), severity);
        return level.Category.Length > 0;
    }

    /// <summary>Serilog's name of a level; "none" is beyond its most severe one.</summary>
    public static LogEventLevel ToSerilog(LogSeverity severity) => severity switch
    {
        LogSeverity.Trace => LogEventLevel.Verbose,
        LogSeverity.Debug => LogEventLevel.Debug,
        LogSeverity.Information => LogEventLevel.Information,
        LogSeverity.Warning => LogEventLevel.Warning,
        LogSeverity.Error => LogEventLevel.Error,
        LogSeverity.Critical => LogEventLevel.Fatal,
        _ => LogEventLevel.Fatal + 1,
    };

    /// <summary>The word for a level in the log.</summary>
    public static string Word(LogEventLevel level) => level switch
    {
        LogEventLevel.Verbose => "trace",
        LogEventLevel.Debug => "debug",
        LogEventLevel.Information => "information",
        LogEventLevel.Warning => "warning",
        LogEventLevel.Error => "error",
        _ => "critical",
    };
}
