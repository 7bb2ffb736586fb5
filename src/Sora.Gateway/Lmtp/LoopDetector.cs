using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Lmtp;

/// <summary>
/// Finds mail that goes in circles (RFC 5321 section 6.3): too many Received fields, or a Delivered-To field that says that this
/// recipient has had this message before. Looks at a header once.
/// </summary>
internal readonly ref struct LoopDetector
{
    private readonly List<string>? _deliveredTo;
    private readonly bool _hasTooManyHops;

    public LoopDetector(ReadOnlySpan<byte> header, int maxReceived)
    {
        var received = 0;
        while (!header.IsEmpty && header[0] is not ((byte)'\r' or (byte)'\n'))
        {
            var end = header.IndexOf((byte)'\n');
            var line = end < 0 ? header : header[..end];
            header = end < 0 ? default : header[(end + 1)..];
            if (IsField(line, "Received"u8, out _))
                received++;
            else if (IsField(line, "Delivered-To"u8, out var value))
                (_deliveredTo ??= []).Add(Encoding.UTF8.GetString(value.Trim(" \t\r<>"u8)));
        }

        _hasTooManyHops = received > maxReceived;
    }

    /// <summary>The recipient must not get the message (again).</summary>
    public bool IsLoop(DeliveryRecipient recipient)
    {
        if (_hasTooManyHops)
            return true;
        if (_deliveredTo is null)
            return false;
        var address = recipient.DeliveredTo;
        foreach (var earlier in _deliveredTo)
            if (earlier.Equals(address, StringComparison.OrdinalIgnoreCase))
                return true;
        return false;
    }

    private static bool IsField(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (line.Length <= name.Length || (line[0] | 0x20) != (name[0] | 0x20) || !Ascii.EqualsIgnoreCase(line[..name.Length], name))
            return false;
        var rest = line[name.Length..].TrimStart(" \t"u8);
        if (rest.IsEmpty || rest[0] != ':')
            return false;
        value = rest[1..];
        return true;
    }
}
