using System.Buffers;
using System.Text;
using Sora.Mime;
using Sora.Sieve;
using Sora.Sieve.Messages;

namespace Sora.Gateway.Downgrading;

/// <summary>
/// Header blocks for clients that cannot take UTF-8 in them (RFC 6858): subjects and names become encoded words, addresses that are not ASCII are replaced by one
/// that nobody has, and what cannot be told in ASCII is left out.
/// </summary>
internal static class HeaderDowngrade
{
    private const string Nobody = "invalid@internationalized-address.invalid";

    // RFC 6858 section 2.1
    private static readonly byte[][] AddressFields =
    [
        "From"u8.ToArray(), "To"u8.ToArray(), "Cc"u8.ToArray(), "Bcc"u8.ToArray(), "Sender"u8.ToArray(), "Reply-To"u8.ToArray(), "Resent-From"u8.ToArray(),
        "Resent-To"u8.ToArray(), "Resent-Cc"u8.ToArray(), "Resent-Bcc"u8.ToArray(), "Resent-Sender"u8.ToArray(),
    ];

    /// <summary>Writes the fields, and the empty line behind them if it is there.</summary>
    public static void Write(ReadOnlySpan<byte> header, IBufferWriter<byte> output)
    {
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (Ascii.IsValid(field.Raw))
                output.Write(field.Raw);
            else if (Ascii.IsValid(field.Name) && Convert(field) is { } converted)
                output.Write(Encoding.ASCII.GetBytes(converted));
        }

        if (header.EndsWith("\n\r\n"u8) || header.EndsWith("\n\n"u8) || header.SequenceEqual("\r\n"u8) || header.SequenceEqual("\n"u8))
            output.Write("\r\n"u8);
    }

    // Null: the field is left out (RFC 6858 section 2.4)
    private static string? Convert(HeaderField field)
    {
        var name = Encoding.ASCII.GetString(field.Name);
        if (field.IsNamed("Subject"u8))
            return Encoding.ASCII.GetString(HeaderFieldWriter.Write(name, EncodedWord.Decode(field.Value)));
        if (field.IsNamed("Return-Path"u8))
            return $"{name}: <{Nobody}>\r\n";
        foreach (var known in AddressFields)
        {
            if (field.IsNamed(known))
                return Addresses(name, MailAddress.ParseList(field.Unfold()));
        }

        return field.IsNamed("Content-Type"u8) || field.IsNamed("Content-Disposition"u8) ? Parameters(name, field.Unfold()) : null;
    }

    private static string? Addresses(string name, IReadOnlyList<MailAddress> list)
    {
        var text = new StringBuilder();
        var isFirst = true;
        foreach (var address in list)
        {
            if (address.IsGroupEnd)
            {
                text.Append(';');
                isFirst = false;
                continue;
            }

            if (!isFirst)
                text.Append(",\r\n ");
            isFirst = address.IsGroupStart;
            text.Append(address.IsGroupStart ? HeaderFieldWriter.Phrase(EncodedWord.Decode(address.Mailbox)) + ":" : Address(address));
        }

        return text.Length == 0 ? null : $"{name}: {text}\r\n";
    }

    private static string Address(MailAddress address)
    {
        var named = address.Name is { Length: > 0 } ? EncodedWord.Decode(address.Name) : null;
        var spec = $"{SieveAddress.QuoteLocalPart(EncodedWord.Decode(address.Mailbox))}@{EncodedWord.Decode(address.Host)}";
        if (Ascii.IsValid(spec))
            return named is null ? spec : $"{HeaderFieldWriter.Phrase(named)} <{spec}>";

        // The reader is to see whom it was from, and that no answer gets there
        return $"{HeaderFieldWriter.Phrase(named is null ? spec : $"{named} ({spec})")} <{Nobody}>";
    }

    // Parameters that are not ASCII are left out (RFC 6858 section 2.2)
    private static string? Parameters(string name, ReadOnlySpan<byte> value)
    {
        var text = new StringBuilder();
        var (from, isQuoted) = (0, false);
        for (var at = 0; at <= value.Length; at++)
        {
            if (at < value.Length && isQuoted && value[at] == '\\')
            {
                at++;
                continue;
            }

            if (at < value.Length && value[at] == '"')
                isQuoted = !isQuoted;
            if (at < value.Length && (isQuoted || value[at] != ';'))
                continue;
            var part = value[Math.Min(from, value.Length)..Math.Min(at, value.Length)];
            from = at + 1;
            if (!Ascii.IsValid(part))
            {
                if (text.Length == 0)
                    return null;
                continue;
            }

            if (text.Length > 0)
                text.Append(";\r\n ");
            text.Append(Encoding.ASCII.GetString(part.Trim(" \t"u8)));
        }

        return $"{name}: {text}\r\n";
    }
}
