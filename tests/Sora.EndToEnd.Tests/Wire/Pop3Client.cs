using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>A strict POP3 client (RFC 1939).</summary>
internal sealed class Pop3Client : IDisposable
{
    private readonly LineConnection _connection;

    private Pop3Client(LineConnection connection) => _connection = connection;

    public static async Task<Pop3Client> ConnectAsync(int port)
    {
        var client = new Pop3Client(await LineConnection.ConnectAsync(port));
        (await client.LineAsync()).ShouldStartWith("+OK");
        return client;
    }

    public static async Task<Pop3Client> LogInAsync(int port, string user, string password)
    {
        var client = await ConnectAsync(port);
        (await client.TryLogInAsync(user, password)).ShouldStartWith("+OK");
        return client;
    }

    /// <summary>The answer to PASS.</summary>
    public async Task<string> TryLogInAsync(string user, string password)
    {
        await _connection.WriteAsync($"USER {user}\r\nPASS {password}\r\n");
        (await LineAsync()).ShouldStartWith("+OK");
        return await LineAsync();
    }

    public Task SendAsync(string commands) => _connection.WriteAsync(commands);

    public async Task<string> LineAsync() => Encoding.Latin1.GetString(await _connection.ReadLineAsync());

    /// <summary>The first line of the answer to a command.</summary>
    public async Task<string> RunAsync(string command)
    {
        await SendAsync(command + "\r\n");
        return await LineAsync();
    }

    /// <summary>The octets of a multi-line answer, without the dots before lines.</summary>
    public async Task<byte[]> LinesAsync(string command)
    {
        (await RunAsync(command)).ShouldStartWith("+OK");
        var lines = new MemoryStream();
        while (true)
        {
            var line = await _connection.ReadLineAsync();
            if (line is [(byte)'.'])
                return lines.ToArray();
            lines.Write(line is [(byte)'.', ..] ? line.AsSpan(1) : line);
            lines.Write("\r\n"u8);
        }
    }

    public void Dispose() => _connection.Dispose();
}
