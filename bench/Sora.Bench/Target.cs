using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Sora.Bench;

/// <summary>How IMAP connections are protected.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TlsMode>))]
internal enum TlsMode
{
    None,
    StartTls,
    Implicit,
}

/// <summary>The server under load. Any server will do: nothing here is Sora's own.</summary>
internal sealed record Target
{
    public string Name { get; init; } = "server";

    /// <summary>LMTP listener as address:port.</summary>
    public string? Lmtp { get; init; }

    /// <summary>IMAP listener without TLS (or with STARTTLS) as address:port.</summary>
    public string? Imap { get; init; }

    /// <summary>IMAP listener with implicit TLS as address:port.</summary>
    public string? Imaps { get; init; }

    /// <summary>POP3 listener without TLS as address:port.</summary>
    public string? Pop3 { get; init; }

    public TlsMode Tls { get; init; }

    /// <summary>Login names and addresses; %d stands for 1, 2, 3 ...</summary>
    public string User { get; init; } = "user%d@bench.example";

    public string Password { get; init; } = "bench";

    /// <summary>How many such users there are.</summary>
    public int Users { get; init; } = 200;

    /// <summary>Processes whose memory counts, with all their descendants.</summary>
    public IReadOnlyList<int> Pids { get; init; } = [];

    /// <summary>The longest wait for one answer.</summary>
    [JsonIgnore]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Reads a description such as <c>{"name":"peer","lmtp":"127.0.0.1:24","imap":"127.0.0.1:143","pids":[812]}</c>.</summary>
    public static Target Load(string path) =>
        JsonSerializer.Deserialize<Target>(File.ReadAllText(path), BenchJson.Options)
        ?? throw new InvalidDataException(path + " holds no target");

    /// <summary>Address and login name of user <paramref name="number"/>, counted from 1.</summary>
    public string UserName(int number) => User.Replace("%d", number.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

    public IPEndPoint RequireLmtp() => Parse(Lmtp, "--lmtp");

    public IPEndPoint RequireImap() => Parse(Imap, "--imap");

    public IPEndPoint RequirePop3() => Parse(Pop3, "--pop3");

    public IPEndPoint RequireImaps() => Parse(Imaps, "--imaps");

    private static IPEndPoint Parse(string? text, string option)
    {
        if (text is null)
        {
            throw new BenchException($"this scenario needs {option} address:port");
        }

        text = text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text["localhost".Length..] : text;
        return IPEndPoint.TryParse(text, out var endPoint) && endPoint.Port != 0
            ? endPoint
            : throw new BenchException($"{option}: '{text}' is not an address with a port");
    }
}

/// <summary>Something the person at the keyboard can put right; shown as one line.</summary>
internal sealed class BenchException(string message) : Exception(message);
