using System.Text;

namespace Sora.Bench.Wire;

/// <summary>One POP3 session (RFC 1939).</summary>
internal sealed class Pop3Client : IAsyncDisposable
{
    private readonly MailConnection _connection;

    private Pop3Client(MailConnection connection) => _connection = connection;

    /// <summary>When the last answer's bytes arrived, as a Stopwatch timestamp.</summary>
    public long LastReceive => _connection.LastReceive;

    /// <summary>Octets of everything that the server has sent.</summary>
    public long Octets => _connection.BytesReceived;

    public static async Task<Pop3Client> ConnectAsync(Target target, CancellationToken cancellationToken)
    {
        var client = new Pop3Client(await MailConnection.ConnectAsync(target.RequirePop3(), tls: false, target.Timeout, cancellationToken, bufferSize: 64 * 1024));
        try
        {
            await client.ReadAsync();
            return client;
        }
        catch
        {
            client._connection.Dispose();
            throw;
        }
    }

    /// <summary>AUTH PLAIN, whose answer comes when the maildrop is open.</summary>
    public async Task LogInAsync(string user, string password) =>
        await RunAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}")));

    /// <summary>The answer to a command that has one line.</summary>
    public async Task<string> RunAsync(string command)
    {
        await SendAsync(command + "\r\n");
        return await ReadAsync();
    }

    public async Task SendAsync(string commands) => await _connection.WriteAsync(Encoding.UTF8.GetBytes(commands));

    /// <summary>Reads a multi-line answer past; the number of its lines.</summary>
    public async Task<int> ReadLinesAsync()
    {
        await ReadAsync();
        for (var lines = 0; ; lines++)
        {
            var line = await _connection.ReadLineAsync();
            if (line.Length == 1 && line.Span[0] == '.')
            {
                return lines;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await RunAsync("QUIT");
        }
        catch (Exception exception) when (exception is IOException or TimeoutException or System.Net.Sockets.SocketException)
        {
            // It is measured no more
        }

        _connection.Dispose();
    }

    private async Task<string> ReadAsync()
    {
        var line = Encoding.UTF8.GetString((await _connection.ReadLineAsync()).Span);
        return line.StartsWith("+OK", StringComparison.Ordinal) ? line : throw new IOException("the server answered " + line);
    }
}
