using System.Globalization;
using System.IO.Pipelines;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve;

/// <summary>The list of capabilities (RFC 5804 section 1.7), which comes as the greeting, after STARTTLS, and when a client asks.</summary>
internal static class Capabilities
{
    public static void Write(PipeWriter output, ManageSieveConnection connection)
    {
        var server = connection.Server;
        output.Capability("IMPLEMENTATION", server.Implementation);
        output.Capability("SIEVE", server.SieveExtensions);

        // Empty only together with STARTTLS, or where nobody can log in at all
        output.Capability("SASL", connection.MayAuthenticate ? string.Join(' ', server.Sasl.Offered(connection.Client, connection.Scram)) : "");
        if (connection.Identity is null && connection.Client.CanStartTls)
            output.Capability("STARTTLS");
        if (server.NotifyMethods.Length > 0)
            output.Capability("NOTIFY", server.NotifyMethods);
        if (server.ListSchemes.Length > 0)
            output.Capability("EXTLISTS", server.ListSchemes);
        output.Capability("MAXREDIRECTS", server.MaxRedirects.ToString(CultureInfo.InvariantCulture));
        output.Capability("LANGUAGE", "en");
        if (connection.Identity is { } identity)
            output.Capability("OWNER", identity.PrimaryAddress);

        // The first two say no more than VERSION does, but older clients look for them
        output.Capability("NOOP");
        output.Capability("RENAME");
        output.Capability("UNAUTHENTICATE");
        output.Capability("VERSION", "1.0");
    }
}
