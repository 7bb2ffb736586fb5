using Microsoft.Extensions.Logging;

namespace Sora.Gateway.Tests.Imap;

/// <summary>How many errors the servers of all tests have logged; tests of one collection run one after the other.</summary>
internal static class LoggedErrors
{
    private static int _count;

    public static int Count => Volatile.Read(ref _count);

    public static void Add() => Interlocked.Increment(ref _count);
}

/// <summary>Shows what the server thinks are its own bugs in the test's output, and counts them.</summary>
internal sealed class ErrorLog<T> : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
            return;
        LoggedErrors.Add();
        Console.Error.WriteLine($"{formatter(state, exception)}: {exception}");
    }
}
