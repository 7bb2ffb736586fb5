using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Numerics;
using System.Text;

namespace Sora.Gateway.Connections.Proxying;

/// <summary>How the reading of a PROXY header stands.</summary>
internal enum ProxyHeaderStatus
{
    /// <summary>There must come more.</summary>
    Incomplete,

    /// <summary>It is whole.</summary>
    Complete,

    /// <summary>It is none, or breaks a rule or a limit.</summary>
    Malformed,
}

/// <summary>
/// The PROXY protocol's header (proxy-protocol.txt of HAProxy, versions 1 and 2): what a proxy says of the connection it accepted. The addresses are null when the proxy
/// speaks for itself (LOCAL) or does not know (UNKNOWN, UNSPEC, a Unix socket): then the connection's own ones count.
/// </summary>
internal sealed record ProxyHeader(IPEndPoint? Source, IPEndPoint? Destination)
{
    // Version 1: the longest line with its CRLF
    private const int MaxLine = 107;
    private const int FixedPart = 16;

    private const byte TypeAuthority = 0x02;
    private const byte TypeCrc32C = 0x03;
    private const byte TypeUniqueId = 0x05;
    private const byte TypeSsl = 0x20;
    private const byte SslVersion = 0x21;
    private const byte SslCipher = 0x23;
    private const byte ClientSsl = 0x01;
    private const int MaxUniqueId = 128;

    private static readonly ProxyHeader Unknown = new(null, null);

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>The client speaks TLS with the proxy.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Version and cipher of that, as far as they were told.</summary>
    public string TlsDescription { get; private init; } = "";

    /// <summary>The name that the client asked for (SNI), or empty.</summary>
    public string Authority { get; private init; } = "";

    /// <summary>The proxy's name for the connection, for logs; or empty.</summary>
    public string UniqueId { get; private init; } = "";

    /// <summary>Looks at what has come so far.</summary>
    /// <param name="buffer">Everything from the connection's first byte.</param>
    /// <param name="maxLength">Longest header of version 2.</param>
    /// <param name="header">The header, when it is whole.</param>
    /// <param name="length">Its length, when it is whole.</param>
    public static ProxyHeaderStatus Read(ReadOnlySequence<byte> buffer, int maxLength, out ProxyHeader? header, out int length)
    {
        (header, length) = (null, 0);
        var seen = buffer.Slice(0, Math.Min(buffer.Length, Math.Max(maxLength, MaxLine)));
        var bytes = seen.IsSingleSegment ? seen.FirstSpan : seen.ToArray();
        if (bytes.IsEmpty)
            return ProxyHeaderStatus.Incomplete;
        return bytes[0] == (byte)'P' ? ReadLine(bytes, out header, out length) : ReadBinary(bytes, maxLength, out header, out length);
    }

    // "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port CRLF, or "PROXY UNKNOWN" and whatever else up to CRLF
    private static ProxyHeaderStatus ReadLine(ReadOnlySpan<byte> bytes, out ProxyHeader? header, out int length)
    {
        (header, length) = (null, 0);
        var start = "PROXY "u8;
        var common = Math.Min(bytes.Length, start.Length);
        if (!bytes[..common].SequenceEqual(start[..common]))
            return ProxyHeaderStatus.Malformed;
        var line = bytes[..Math.Min(bytes.Length, MaxLine)];
        var end = line.IndexOf((byte)'\n');
        if (end < 0)
            return line.Length < MaxLine ? ProxyHeaderStatus.Incomplete : ProxyHeaderStatus.Malformed;
        if (line[end - 1] != (byte)'\r')
            return ProxyHeaderStatus.Malformed;
        length = end + 1;
        header = ParseLine(line[start.Length..(end - 1)]);
        return header is null ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.Complete;
    }

    private static ProxyHeader? ParseLine(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
            return Unknown;
        var isV6 = line.StartsWith("TCP6 "u8);
        if (!isV6 && !line.StartsWith("TCP4 "u8))
            return null;
        Span<Range> words = stackalloc Range[5];
        line = line[5..];
        if (line.ContainsAnyExceptInRange((byte)' ', (byte)'~') || Split(line, words) != 4)
            return null;
        return Address(line[words[0]], isV6) is { } source && Address(line[words[1]], isV6) is { } destination
            && Port(line[words[2]]) is { } sourcePort && Port(line[words[3]]) is { } destinationPort
                ? new ProxyHeader(new IPEndPoint(source, sourcePort), new IPEndPoint(destination, destinationPort))
                : null;
    }

    private static int Split(ReadOnlySpan<byte> line, Span<Range> words)
    {
        var count = 0;
        foreach (var word in line.Split((byte)' '))
        {
            if (count == words.Length)
                return -1;
            words[count++] = word;
        }

        return count;
    }

    private static IPAddress? Address(ReadOnlySpan<byte> text, bool isV6)
    {
        var allowed = isV6 ? "0123456789abcdefABCDEF:."u8 : "0123456789."u8;
        if (text.Length is 0 or > 39 || text.ContainsAnyExcept(allowed) || text.Contains((byte)':') != isV6)
            return null;

        // Four decimal numbers without leading zeros: what other notations mean, programs do not agree on
        if (!isV6 && !IsDottedQuad(text))
            return null;
        return IPAddress.TryParse(Encoding.ASCII.GetString(text), out var address) ? Normalise(address) : null;
    }

    private static bool IsDottedQuad(ReadOnlySpan<byte> text)
    {
        var count = 0;
        foreach (var range in text.Split((byte)'.'))
        {
            var part = text[range];
            if (++count > 4 || part.Length is 0 or > 3 || (part.Length > 1 && part[0] == (byte)'0'))
                return false;
        }

        return count == 4;
    }

    private static int? Port(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= 5 && (text.Length == 1 || text[0] != (byte)'0')
        && Utf8Parser.TryParse(text, out ushort port, out var used) && used == text.Length ? port : null;

    private static ProxyHeaderStatus ReadBinary(ReadOnlySpan<byte> bytes, int maxLength, out ProxyHeader? header, out int length)
    {
        (header, length) = (null, 0);
        var common = Math.Min(bytes.Length, Signature.Length);
        if (!bytes[..common].SequenceEqual(Signature[..common]))
            return ProxyHeaderStatus.Malformed;
        if (bytes.Length < FixedPart)
            return ProxyHeaderStatus.Incomplete;
        length = FixedPart + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        var command = bytes[12];
        if (command is not (0x20 or 0x21) || length > maxLength)
            return ProxyHeaderStatus.Malformed;
        if (bytes.Length < length)
            return ProxyHeaderStatus.Incomplete;

        // LOCAL: the proxy's own connection, as for a health check; what follows is not looked at
        header = command == 0x20 ? Unknown : ParseBinary(bytes[..length]);
        return header is null ? ProxyHeaderStatus.Malformed : ProxyHeaderStatus.Complete;
    }

    private static ProxyHeader? ParseBinary(ReadOnlySpan<byte> header)
    {
        var rest = header[FixedPart..];
        ProxyHeader addresses;
        int used;
        switch (header[13])
        {
            case 0x11 when rest.Length >= 12: // TCP over IPv4
                (addresses, used) = (Addresses(rest, 4), 12);
                break;
            case 0x21 when rest.Length >= 36: // TCP over IPv6
                (addresses, used) = (Addresses(rest, 16), 36);
                break;
            case 0x31 when rest.Length >= 216: // a Unix socket, where nobody has an address
                (addresses, used) = (Unknown, 216);
                break;
            case 0x00: // UNSPEC
                (addresses, used) = (Unknown, 0);
                break;
            default: // Shorter than its addresses, datagrams, and what is not known
                return null;
        }

        // Of UNSPEC it is not known how much is address
        return header[13] == 0x00 ? addresses : Extend(addresses, header, FixedPart + used);
    }

    private static ProxyHeader Addresses(ReadOnlySpan<byte> rest, int size) => new(
        new IPEndPoint(Normalise(new IPAddress(rest[..size])), BinaryPrimitives.ReadUInt16BigEndian(rest[(2 * size)..])),
        new IPEndPoint(Normalise(new IPAddress(rest[size..(2 * size)])), BinaryPrimitives.ReadUInt16BigEndian(rest[((2 * size) + 2)..])));

    // Type, length of 16 bits, value; null when they do not fill the header exactly, or its checksum is wrong
    private static ProxyHeader? Extend(ProxyHeader header, ReadOnlySpan<byte> bytes, int at)
    {
        var hasChecksum = false;
        while (at < bytes.Length)
        {
            if (!TryItem(bytes, ref at, out var type, out var value))
                return null;
            switch (type)
            {
                case TypeCrc32C:
                    if (hasChecksum || value.Length != 4 || BinaryPrimitives.ReadUInt32BigEndian(value) != Checksum(bytes, at - 4))
                        return null;
                    hasChecksum = true;
                    break;
                case TypeAuthority:
                    header = header with { Authority = Text(value) };
                    break;
                case TypeUniqueId:
                    if (value.Length > MaxUniqueId)
                        return null;
                    header = header with { UniqueId = Text(value) };
                    break;
                case TypeSsl:
                    if (WithTls(header, value) is not { } extended)
                        return null;
                    header = extended;
                    break;
            }
        }

        return header;
    }

    // client of 8 bits, verify of 32, then items as in the header
    private static ProxyHeader? WithTls(ProxyHeader header, ReadOnlySpan<byte> value)
    {
        if (value.Length < 5)
            return null;
        var (version, cipher) = ("", "");
        for (var at = 5; at < value.Length;)
        {
            if (!TryItem(value, ref at, out var type, out var item))
                return null;
            if (type == SslVersion)
                version = Text(item);
            else if (type == SslCipher)
                cipher = Text(item);
        }

        var isTls = (value[0] & ClientSsl) != 0;
        return header with
        {
            IsTls = isTls,
            TlsDescription = !isTls ? "" : cipher.Length == 0 ? version : version.Length == 0 ? cipher : $"{version} with cipher {cipher}",
        };
    }

    private static bool TryItem(ReadOnlySpan<byte> bytes, ref int at, out byte type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (bytes.Length - at < 3)
            return false;
        type = bytes[at];
        var length = BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 1)..]);
        at += 3;
        if (bytes.Length - at < length)
            return false;
        value = bytes.Slice(at, length);
        at += length;
        return true;
    }

    // Over the whole header, with zeros where the checksum itself stands
    private static uint Checksum(ReadOnlySpan<byte> bytes, int checksumAt)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < bytes.Length; i++)
            crc = BitOperations.Crc32C(crc, i >= checksumAt && i < checksumAt + 4 ? (byte)0 : bytes[i]);
        return ~crc;
    }

    // It goes into logs and replies
    private static string Text(ReadOnlySpan<byte> value) =>
        value.ContainsAnyExceptInRange((byte)'!', (byte)'~') ? "" : Encoding.ASCII.GetString(value);

    private static IPAddress Normalise(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
