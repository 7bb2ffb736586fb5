using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Sora.Silo.Configuration;

namespace Sora.Silo.Logging;

/// <summary>The process's log: Serilog behind Microsoft.Extensions.Logging, with levels that can be changed while it runs.</summary>
internal sealed class LogSetup : IDisposable
{
    private const string HostCategory = "Microsoft.Extensions.Hosting.Internal.Host";

    private readonly LoggingLevelSwitch _level;
    private readonly Dictionary<string, LoggingLevelSwitch> _categories = new(StringComparer.Ordinal);

    public LogSetup(LogOptions options, string node)
    {
        _level = new LoggingLevelSwitch(CategoryLevel.ToSerilog(options.Level));
        var configuration = new LoggerConfiguration().MinimumLevel.ControlledBy(_level);
        foreach (var (category, level) in Levels(options))
        {
            var control = new LoggingLevelSwitch(CategoryLevel.ToSerilog(level));
            if (_categories.TryAdd(category, control))
                configuration.MinimumLevel.Override(category, control);
        }

        // A start that fails is told in one line by whoever starts; the host's own words for it are a stack trace
        if (!_categories.ContainsKey(HostCategory))
            configuration.MinimumLevel.Override(HostCategory, LogEventLevel.Fatal);

        ITextFormatter formatter = options.Format == LogFormat.Json ? new JsonLineFormatter(node) : new TextLineFormatter();
        if (options.Console)
            configuration.WriteTo.Console(formatter);
        if (!string.IsNullOrEmpty(options.File))
        {
            configuration.WriteTo.File(
                formatter, options.File, fileSizeLimitBytes: options.FileSize.Bytes, rollOnFileSizeLimit: true,
                retainedFileCountLimit: options.FilesKept);
        }

        Factory = new SerilogLoggerFactory(configuration.CreateLogger(), dispose: true);
    }

    public ILoggerFactory Factory { get; }

    /// <summary>Takes over the levels of options that were read again.</summary>
    public void Reload(LogOptions options)
    {
        _level.MinimumLevel = CategoryLevel.ToSerilog(options.Level);
        foreach (var (category, level) in Levels(options))
        {
            if (_categories.TryGetValue(category, out var control))
                control.MinimumLevel = CategoryLevel.ToSerilog(level);
        }
    }

    public void Dispose() => Factory.Dispose();

    private static IEnumerable<CategoryLevel> Levels(LogOptions options)
    {
        foreach (var text in options.Levels)
        {
            if (CategoryLevel.TryParse(text, out var level))
                yield return level;
        }
    }
}
