using System.Diagnostics;
using System.Net;

namespace Sora.Gateway.Tests.Connections;

/// <summary>OpenSSL's own client, for what SslStream cannot be told.</summary>
internal static class OpensslClient
{
    /// <summary>Shakes hands, sends nothing, and gives everything that it said.</summary>
    public static async Task<string> RunAsync(IPEndPoint server, params string[] arguments)
    {
        using var client = Process.Start(new ProcessStartInfo("openssl", ["s_client", "-connect", server.ToString(), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        client.StandardInput.Close();
        var output = client.StandardOutput.ReadToEndAsync();
        var error = client.StandardError.ReadToEndAsync();
        await client.WaitForExitAsync().WaitAsync(Wait.Deadline);
        return await output + await error;
    }
}
