using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>STLS (RFC 2595 section 4). What was sent in the clear behind it is never run, and what was said before it is forgotten.</summary>
internal sealed class StlsCommand : Pop3Command
{
    private static readonly StlsCommand Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override async ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        var client = connection.Client;
        if (!client.CanStartTls)
            return Pop3Reply.Error(client.IsTls ? "TLS is active already" : "TLS is not available");
        if (connection.IsUtf8)
            return Pop3Reply.Error("STLS comes before UTF8"); // RFC 6856 section 2.1
        Pop3Reply.Ok("Begin TLS negotiation").Write(connection.Output);
        connection.Input.Release();
        if (!await client.FlushAsync() || !await client.StartTlsAsync(cancellationToken))
            connection.HasEnded = true;
        return null;
    }
}
