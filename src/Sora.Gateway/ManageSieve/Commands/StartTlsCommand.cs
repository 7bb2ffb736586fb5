using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve.Commands;

/// <summary>STARTTLS (RFC 5804 section 2.2). What was sent in the clear behind it is never run; the capabilities are told anew behind the handshake.</summary>
internal sealed class StartTlsCommand : ManageSieveCommand
{
    private static readonly StartTlsCommand Instance = new();

    public static ManageSieveCommand Parse(ref ManageSieveParser parser) => Instance;

    public override async ValueTask<ManageSieveReply?> ExecuteAsync(ManageSieveConnection connection, CancellationToken cancellationToken)
    {
        var client = connection.Client;
        if (!client.CanStartTls)
            return ManageSieveReply.No(client.IsTls ? "TLS is active already" : "TLS is not available");
        ManageSieveReply.Ok("Begin TLS negotiation now").Write(connection.Output);
        connection.Input.Release();
        if (!await client.FlushAsync() || !await client.StartTlsAsync(cancellationToken))
        {
            connection.HasEnded = true;
            return null;
        }

        Capabilities.Write(connection.Output, connection);
        return ManageSieveReply.Ok("TLS negotiation successful");
    }
}
