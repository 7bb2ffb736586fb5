using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>Keeps what is logged, with its level before it.</summary>
internal sealed class ListLog : ILogger<CertificateSource>, ILogger<GatewayListeners>
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue($"{logLevel} {formatter(state, exception)}");
}
