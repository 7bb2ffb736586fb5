using System.Net.Sockets;
using System.Text;

namespace Sora.Silo.Tests.Processes;

/// <summary>A client that sends and reads lines.</summary>
internal sealed class LineClient : IDisposable
{
    private readonly TcpClient _client = new();
    private StreamReader? _reader;

    public static async Task<LineClient> ConnectAsync(int port)
    {
        var client = new LineClient();
        await client._client.ConnectAsync("127.0.0.1", port);
        client._reader = new StreamReader(client._client.GetStream(), Encoding.UTF8);
        return client;
    }

    public async Task SendAsync(string text) => await _client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(text));

    /// <summary>The next line; null at the end.</summary>
    public async Task<string?> ReadAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        return await _reader!.ReadLineAsync(deadline.Token);
    }

    /// <summary>All lines up to the first that begins so.</summary>
    public async Task<string> ReadUntilAsync(string start)
    {
        var lines = new StringBuilder();
        while (await ReadAsync() is { } line)
        {
            lines.Append(line).Append('\n');
            if (line.StartsWith(start, StringComparison.Ordinal))
                return lines.ToString();
        }

        throw new IOException($"The connection ended before '{start}': {lines}");
    }

    /// <summary>An IMAP command with its tagged answer.</summary>
    public async Task<string> ImapAsync(string command)
    {
        await SendAsync($"t {command}\r\n");
        return await ReadUntilAsync("t ");
    }

    public void Dispose()
    {
        _reader?.Dispose();
        _client.Dispose();
    }
}
