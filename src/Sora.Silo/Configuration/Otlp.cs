using OpenTelemetry.Exporter;

namespace Sora.Silo.Configuration;

/// <summary>How OTLP is carried.</summary>
public enum OtlpTransport
{
    Grpc,
    HttpProtobuf,
}

/// <summary>What metrics and traces have in common in how they leave.</summary>
internal static class Otlp
{
    public static IEnumerable<string> Problems(string? endpoint)
    {
        if (endpoint is not null && !(Uri.TryCreate(endpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            yield return "otlp_endpoint must be a URL such as http://127.0.0.1:4317";
    }

    /// <param name="signal">"metrics" or "traces".</param>
    public static void Configure(OtlpExporterOptions exporter, string endpoint, OtlpTransport transport, string signal)
    {
        var uri = new Uri(endpoint);
        exporter.Protocol = transport == OtlpTransport.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;

        // The exporter adds the path only to an address from its own environment variables
        exporter.Endpoint = transport == OtlpTransport.HttpProtobuf && uri.AbsolutePath == "/" ? new Uri(uri, "v1/" + signal) : uri;
    }
}
