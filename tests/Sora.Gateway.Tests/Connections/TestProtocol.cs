using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Tests.Connections;

/// <summary>A protocol whose session is a lambda.</summary>
internal sealed class TestProtocol(Func<ClientConnection, Task> session, string? alpn = null) : IProtocolServer
{
    public string Name => "test";

    public string? Alpn => alpn;

    public void WriteRefusal(PipeWriter output, Dismissal refusal) => output.Write(Encoding.ASCII.GetBytes($"* BYE {refusal.Reason}\r\n"));

    public Task RunAsync(ClientConnection connection, CancellationToken aborted) => session(connection);

    public ListenerDefinition Listener(bool implicitTls = false, ConnectionLimits? limits = null, bool expectsProxy = false) =>
        new(TestGateway.AnyPort, implicitTls, this, limits ?? new ConnectionLimits(), expectsProxy);

    /// <summary>
    /// A session that greets, repeats lines, upgrades on "STARTTLS", says "drain" and goes when draining, and "timeout" after a silence.
    /// </summary>
    public static async Task EchoAsync(ClientConnection connection)
    {
        var input = new SessionInput(connection);
        Say("hello");
        while (true)
        {
            if (connection.Ending is { } ending)
            {
                Say(ending.Reason);
                return;
            }

            switch (input.TryReadLine(1000, out var line))
            {
                case LineOutcome.Line when line.Span.SequenceEqual("STARTTLS"u8):
                    Say("go ahead");
                    input.Release();
                    await connection.FlushAsync();
                    if (!await connection.StartTlsAsync(CancellationToken.None))
                        return;
                    continue;
                case LineOutcome.Line:
                    Say(Encoding.Latin1.GetString(line.Span));
                    continue;
                case LineOutcome.TooLong:
                    Say("too long");
                    continue;
                case LineOutcome.Endless:
                    Say("endless");
                    return;
            }

            switch (await input.FillAsync(TimeSpan.FromSeconds(60)))
            {
                case InputOutcome.TimedOut:
                    Say("timeout");
                    return;
                case InputOutcome.EndOfInput:
                    return;
            }
        }

        void Say(string text) => connection.Output.Write(Encoding.Latin1.GetBytes(text + "\r\n"));
    }
}
