using Sora.Configuration;

namespace Sora.Gateway.Connections;

/// <summary>[connections]: what all mail protocols' connections have in common.</summary>
[Section("Connections of all mail protocols")]
public sealed class ConnectionOptions
{
    [Option("How long a client may leave the server's output unread before it is cut off")]
    [OptionRange("1s", "1d")]
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromMinutes(2);

    [Option("How long commands may still run for a client that has shut down its sending side and waits for the answers")]
    [OptionRange("0", "1d")]
    public TimeSpan HalfCloseTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("How long a TLS handshake may take")]
    [OptionRange("1s", "10m")]
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Silence after which TCP keep-alive probes begin")]
    [OptionRange("10s", "1d")]
    public TimeSpan KeepAliveTime { get; set; } = TimeSpan.FromMinutes(2);

    [Option("How long sessions may take to end when the server stops; then they are cut off")]
    [OptionRange("0", "1h")]
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(20);

    [Option("Bytes received ahead of what the session has read, per connection")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize ReadBuffer { get; set; } = ByteSize.KiB(128);

    [Option("Bytes waiting to be sent before the session waits for the client, per connection")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize WriteBuffer { get; set; } = ByteSize.KiB(64);

    [Option("How hard output is compressed for clients that ask for it, 1 (quick) to 9 (small); 0 offers no compression", Reference = "RFC 4978")]
    [OptionRange("0", "9")]
    public int CompressionLevel { get; set; } = 3;
}
