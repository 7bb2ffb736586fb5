using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Sora.Contracts;

namespace Sora.Mailstore.Relay;

/// <summary>
/// The header of a message that leaves, as far as the first piece has it. A redirected message has a field for each account of this site that has redirected it,
/// by which a message that comes back is known (RFC 5228 section 10, RFC 5321 section 6.3).
/// </summary>
internal static class RelayHeader
{
    private const int MarkBytes = 15;

    /// <summary>How many bytes <see cref="WriteTrace"/> writes.</summary>
    public static readonly int TraceLength = TraceField.Length + (2 * MarkBytes) + 4;

    private static ReadOnlySpan<byte> TraceField => "X-Sora-Redirected-By"u8;

    /// <summary>
    /// The field's line for an account. It names the account only to who knows its address: the message's sender need not hear where it lives. Numbers would not do, as
    /// another site has the same ones.
    /// </summary>
    public static void WriteTrace(Span<byte> buffer, string primaryAddress)
    {
        TraceField.CopyTo(buffer);
        buffer = buffer[TraceField.Length..];
        ": "u8.CopyTo(buffer);
        Mark(primaryAddress).CopyTo(buffer[2..]);
        "\r\n"u8.CopyTo(buffer[(2 + (2 * MarkBytes))..]);
    }

    /// <summary>Where the header's last line ends, or the whole length.</summary>
    public static int End(ReadOnlySpan<byte> message)
    {
        for (var at = 0; at < message.Length;)
        {
            if (message[at] == '\n' || (message[at] == '\r' && at + 1 < message.Length && message[at + 1] == '\n'))
                return at;
            var end = message[at..].IndexOf((byte)'\n');
            if (end < 0)
                break;
            at += end + 1;
        }

        return message.Length;
    }

    /// <summary>True when the account has redirected the message before, or it has too many Received fields.</summary>
    public static bool IsLoop(ReadOnlySpan<byte> header, string primaryAddress, int maxReceived)
    {
        var mark = Mark(primaryAddress);
        var received = 0;
        while (!header.IsEmpty)
        {
            var end = header.IndexOf((byte)'\n');
            var line = end < 0 ? header : header[..(end + 1)];
            header = header[line.Length..];
            if (IsField(line, "Received"u8, out _))
                received++;
            else if (IsField(line, TraceField, out var value) && value.Trim(" \t\r\n"u8).SequenceEqual(mark))
                return true;
        }

        return received > maxReceived;
    }

    /// <summary>What the octets of a piece ask of a server.</summary>
    /// <param name="piece">The bytes.</param>
    /// <param name="headerLength">How many of them are the header's.</param>
    public static RelayContent Content(ReadOnlySpan<byte> piece, int headerLength)
    {
        // A header in another charset than UTF-8 is no header of RFC 6532: SMTPUTF8 is not for it, only the octets have to get through
        var header = piece[..headerLength];
        return (Ascii.IsValid(header) ? RelayContent.SevenBit : Utf8.IsValid(header) ? RelayContent.EightBitHeader : RelayContent.EightBitBody)
            | (Ascii.IsValid(piece[headerLength..]) ? RelayContent.SevenBit : RelayContent.EightBitBody);
    }

    private static byte[] Mark(string primaryAddress)
    {
        var mark = new byte[2 * MarkBytes];
        Convert.TryToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(primaryAddress.ToLowerInvariant())).AsSpan(0, MarkBytes), mark, out _);
        return mark;
    }

    private static bool IsField(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (line.Length <= name.Length || !Ascii.EqualsIgnoreCase(line[..name.Length], name))
            return false;
        var rest = line[name.Length..].TrimStart(" \t"u8);
        if (rest.IsEmpty || rest[0] != ':')
            return false;
        value = rest[1..];
        return true;
    }
}
