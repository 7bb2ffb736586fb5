using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Append;

/// <summary>
/// An IMAP URL that names a message or a part of one (RFC 5092; the partial of RFC 5550 section 3.1): absolute, relative to the server
/// (<c>/Drafts;UIDVALIDITY=7/;UID=20/;SECTION=1.2</c>) or to the selected mailbox (<c>;UID=20</c>).
/// </summary>
/// <param name="User">Who may resolve it; null for whoever is logged in.</param>
/// <param name="Host">The server with its port as written; null for this one.</param>
/// <param name="Mailbox">The decoded name; null for the selected mailbox.</param>
/// <param name="IsRelativeToMailbox">The name stands beside the selected mailbox's own (RFC 5092 section 7.2).</param>
internal sealed record ImapUrl(
    string? User, string? Host, string? Mailbox, bool IsRelativeToMailbox, uint? UidValidity, uint Uid, Section Section)
{
    private const string Scheme = "imap://";

    public static bool TryParse(string text, [NotNullWhen(true)] out ImapUrl? url)
    {
        url = null;
        string? user = null;
        string? host = null;
        var path = text;
        if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || text.StartsWith("//", StringComparison.Ordinal))
        {
            var server = text[(text[0] == '/' ? 2 : Scheme.Length)..];
            var slash = server.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0 || !TryServer(server[..slash], out user, out host))
                return false;
            path = server[slash..];
        }

        return TryPath(path, user, host, out url);
    }

    // iserver = [iuserinfo "@"] host [":" port], iuserinfo = enc-user [";AUTH=" mechanism]
    private static bool TryServer(string server, out string? user, out string? host)
    {
        user = null;
        var at = server.LastIndexOf('@');
        host = server[(at + 1)..];
        if (host.Length == 0)
            return false;
        if (at < 0)
            return true;
        var name = server[..at];
        var auth = name.IndexOf(";AUTH=", StringComparison.OrdinalIgnoreCase);
        if (auth >= 0)
            name = name[..auth];
        return name.Length == 0 || TryDecode(name, out user);
    }

    // [imailbox-ref] "/" iuid ["/" isection] ["/" ipartial]
    private static bool TryPath(string path, string? user, string? host, [NotNullWhen(true)] out ImapUrl? url)
    {
        url = null;
        var uidAt = path.StartsWith(";UID=", StringComparison.OrdinalIgnoreCase) ? 0 : path.IndexOf("/;UID=", StringComparison.OrdinalIgnoreCase);
        if (uidAt < 0)
            return false;
        string? mailbox = null;
        uint? uidValidity = null;
        var isRelative = false;
        if (uidAt > 0)
        {
            var reference = path[..uidAt];
            var validity = reference.IndexOf(";UIDVALIDITY=", StringComparison.OrdinalIgnoreCase);
            if (validity >= 0)
            {
                if (!TryNzNumber(reference[(validity + 13)..], out var number))
                    return false;
                uidValidity = number;
                reference = reference[..validity];
            }

            isRelative = reference.Length == 0 || reference[0] != '/';
            if (!TryDecode(isRelative ? reference : reference[1..], out mailbox) || mailbox.Length == 0)
                return false;
        }
        else if (host is not null)
        {
            return false; // a server has no message that is in no mailbox
        }

        var rest = path[(uidAt + (path[uidAt] == '/' ? 6 : 5))..].Split('/');
        if (!TryNzNumber(rest[0], out var uid) || !TrySection(rest.AsSpan(1), out var section))
            return false;
        url = new ImapUrl(user, host, mailbox, isRelative, uidValidity, uid, section);
        return true;
    }

    private static bool TrySection(ReadOnlySpan<string> parts, out Section section)
    {
        section = new Section([], SectionText.None);
        if (parts.Length > 0 && parts[0].StartsWith(";SECTION=", StringComparison.OrdinalIgnoreCase))
        {
            if (!TryDecode(parts[0][9..], out var text) || text.Length == 0)
                return false;
            try
            {
                var parser = new ImapParser(Encoding.UTF8.GetBytes($"[{text}]"));
                section = FetchItemParser.ParseSection(ref parser);
                if (!parser.AtEnd || section.Partial is not null)
                    return false;
            }
            catch (ImapSyntaxException)
            {
                return false;
            }

            parts = parts[1..];
        }

        if (parts.Length > 0 && parts[0].StartsWith(";PARTIAL=", StringComparison.OrdinalIgnoreCase))
        {
            if (!TryPartial(parts[0][9..], out var partial))
                return false;
            section = section with { Partial = partial };
            parts = parts[1..];
        }

        return parts.IsEmpty;
    }

    // partial-range = number ["." nz-number]
    private static bool TryPartial(string text, out (long Start, long Count) partial)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var count = long.MaxValue;
        partial = default;
        if (!TryNumber(dot < 0 ? text : text[..dot], out var start) || (dot >= 0 && (!TryNumber(text[(dot + 1)..], out count) || count == 0)))
            return false;
        partial = (start, count);
        return true;
    }

    private static bool TryNumber(string text, out long value) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static bool TryNzNumber(string text, out uint value) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value > 0;

    // %xx to bytes, and those as UTF-8. Parameters that are not known (URLAUTH) do not belong into a name.
    private static bool TryDecode(string text, [NotNullWhen(true)] out string? decoded)
    {
        decoded = null;
        var bytes = Encoding.UTF8.GetBytes(text);
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            if (b == ';')
                return false;
            if (b == '%')
            {
                if (i + 2 >= bytes.Length || !byte.TryParse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out b))
                    return false;
                i += 2;
            }

            bytes[length++] = b;
        }

        var result = bytes.AsSpan(0, length);
        if (!System.Text.Unicode.Utf8.IsValid(result) || result.Contains((byte)0))
            return false;
        decoded = Encoding.UTF8.GetString(result);
        return true;
    }
}
