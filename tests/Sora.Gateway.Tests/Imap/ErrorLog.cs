using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Shows what the server thinks are its own bugs in the test's output.</summary>
internal sealed class ErrorLog<T> : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
            Console.Error.WriteLine($"{formatter(state, exception)}: {exception}");
    }
}
