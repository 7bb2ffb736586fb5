using System.Globalization;

namespace Sora.Relay.Smtp;

/// <summary>What a server says it can do in its answer to EHLO (RFC 5321 section 4.1.1.1) or LHLO.</summary>
internal sealed class SmtpCapabilities
{
    private readonly Dictionary<string, string> _keywords = new(StringComparer.OrdinalIgnoreCase);

    private SmtpCapabilities()
    {
    }

    /// <summary>Those of a server that knows HELO only.</summary>
    public static SmtpCapabilities None { get; } = new();

    public bool StartTls => _keywords.ContainsKey("STARTTLS");

    /// <summary>RFC 2920.</summary>
    public bool Pipelining => _keywords.ContainsKey("PIPELINING");

    /// <summary>RFC 6152.</summary>
    public bool EightBitMime => _keywords.ContainsKey("8BITMIME");

    /// <summary>RFC 6531; it goes with 8BITMIME.</summary>
    public bool SmtpUtf8 => _keywords.ContainsKey("SMTPUTF8") && EightBitMime;

    /// <summary>RFC 3461.</summary>
    public bool Dsn => _keywords.ContainsKey("DSN");

    /// <summary>RFC 2852.</summary>
    public bool DeliverBy => _keywords.ContainsKey("DELIVERBY");

    /// <summary>The shortest time of by-mode R that the server takes, in seconds.</summary>
    public long MinDeliverBy => Number("DELIVERBY");

    /// <summary>RFC 1870.</summary>
    public bool Size => _keywords.ContainsKey("SIZE");

    /// <summary>The largest message in bytes, or 0.</summary>
    public long MaxSize => Number("SIZE");

    /// <summary>RFC 4954: SASL mechanisms in upper case.</summary>
    public IReadOnlyCollection<string> Mechanisms =>
        _keywords.TryGetValue("AUTH", out var list) ? list.ToUpperInvariant().Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];

    public static SmtpCapabilities Parse(SmtpReply reply)
    {
        var capabilities = new SmtpCapabilities();

        // The first line is the server's name
        for (var i = 1; i < reply.Lines.Count; i++)
        {
            var line = reply.Lines[i].Trim();
            var end = line.IndexOf(' ', StringComparison.Ordinal);
            capabilities._keywords.TryAdd(end < 0 ? line : line[..end], end < 0 ? "" : line[(end + 1)..]);
        }

        return capabilities;
    }

    private long Number(string keyword) =>
        _keywords.TryGetValue(keyword, out var value)
        && long.TryParse(value.Split([' ', ',']).FirstOrDefault(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
