using System.Globalization;
using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>A ManageSieve client (RFC 5804) that is logged in, with as much of the protocol as scripts need.</summary>
internal sealed class ManageSieveClient : IDisposable
{
    private readonly LineConnection _connection;

    private ManageSieveClient(LineConnection connection) => _connection = connection;

    public static async Task<ManageSieveClient> LogInAsync(int port, string user, string password)
    {
        var client = new ManageSieveClient(await LineConnection.ConnectAsync(port));
        try
        {
            (await client.ReadAsync()).ShouldStartWith("OK");
            var plain = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
            (await client.RunAsync($"AUTHENTICATE \"PLAIN\" \"{plain}\"")).ShouldStartWith("OK");
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Runs a command; the last line of the answer.</summary>
    public async Task<string> RunAsync(string command)
    {
        await _connection.WriteAsync(command + "\r\n");
        return await ReadAsync();
    }

    /// <summary>PUTSCRIPT; the last line of the answer.</summary>
    public Task<string> PutAsync(string name, string script) => RunAsync($"PUTSCRIPT \"{name}\" {{{Encoding.UTF8.GetByteCount(script)}+}}\r\n{script}");

    /// <summary>GETSCRIPT; null when there is no such script.</summary>
    public async Task<string?> GetAsync(string name)
    {
        await _connection.WriteAsync($"GETSCRIPT \"{name}\"\r\n");
        var first = Encoding.UTF8.GetString(await _connection.ReadLineAsync());
        if (!first.StartsWith('{'))
        {
            first.ShouldStartWith("NO (NONEXISTENT)");
            return null;
        }

        var script = new byte[int.Parse(first.AsSpan(1, first.Length - 2), NumberStyles.None, CultureInfo.InvariantCulture)];
        await _connection.ReadExactlyAsync(script);
        (await _connection.ReadLineAsync()).ShouldBeEmpty();
        (await ReadAsync()).ShouldStartWith("OK");
        return Encoding.UTF8.GetString(script);
    }

    public void Dispose() => _connection.Dispose();

    /// <summary>Reads up to the next line that ends an answer, or is none: BYE.</summary>
    public async Task<string> ReadAsync()
    {
        while (true)
        {
            var line = Encoding.UTF8.GetString(await _connection.ReadLineAsync());
            if (line.StartsWith("OK", StringComparison.Ordinal) || line.StartsWith("NO", StringComparison.Ordinal) || line.StartsWith("BYE", StringComparison.Ordinal))
                return line;
        }
    }
}
