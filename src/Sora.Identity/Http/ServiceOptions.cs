using Sora.Configuration;

namespace Sora.Identity.Http;

/// <summary>How a service is asked over HTTP.</summary>
[Section("How it is asked")]
public sealed class ServiceOptions : IValidatableOptions
{
    [Option("PEM file of the authorities trusted to sign its certificate; the system's when not set", Example = "/etc/sora/identity-ca.pem")]
    public string? CaFile { get; set; }

    [Option("Allow http:// also to other hosts than this one: what is asked and answered can then be read and changed on the way")]
    public bool AllowHttp { get; set; }

    [Option("To take a connection, and for TLS")]
    [OptionRange("10ms", "1m")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(2);

    [Option("For the whole answer, with the wait for requests that are under way")]
    [OptionRange("10ms", "1m")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Largest answer")]
    [OptionRange("1KiB", "16MiB")]
    public ByteSize MaxAnswer { get; set; } = ByteSize.KiB(256);

    [Option("Requests at the same time")]
    [OptionRange(1, 10_000)]
    public int MaxConcurrent { get; set; } = 32;

    [Option("Requests that wait for those; further ones fail at once")]
    [OptionRange(0, 1_000_000)]
    public int MaxWaiting { get; set; } = 10_000;

    [Option("The service is left alone for a while when this part of its answers were failures")]
    [OptionRange(0.01, 1)]
    public double FailureRatio { get; set; } = 0.5;

    [Option("Answers without which that is not decided")]
    [OptionRange(2, 10_000)]
    public int MinRequests { get; set; } = 4;

    [Option("The time in which they are counted")]
    [OptionRange("500ms", "1h")]
    public TimeSpan FailureWindow { get; set; } = TimeSpan.FromSeconds(10);

    [Option("How long the service is left alone; then one request finds out whether it is back")]
    [OptionRange("500ms", "4s")]
    public TimeSpan Pause { get; set; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (CaFile is { } file && !File.Exists(file))
            yield return $"ca_file names {file}, which is not there";
    }

    /// <summary>What is wrong with a URL; null for nothing.</summary>
    public string? WhyRefused(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            return "must begin with https:// or http://";
        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0)
            return "must have neither a user nor a fragment";
        return uri.Scheme == "https" || uri.IsLoopback || AllowHttp ? null : "must begin with https://, or http.allow_http be set";
    }
}
