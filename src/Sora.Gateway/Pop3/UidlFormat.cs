using System.Globalization;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Pop3;

/// <summary>
/// How a message's unique-id is made of UIDVALIDITY and UID: 1 to 70 characters from ! to ~ (RFC 1939 section 7). Both must be in it, so that an id is
/// never used again.
/// </summary>
internal sealed class UidlFormat
{
    public const int MaxLength = 70;
    private const int MaxDecimal = 10;

    private readonly List<Piece> _pieces = [];

    private UidlFormat()
    {
    }

    /// <summary>What a piece writes.</summary>
    private enum Source
    {
        Text,
        Uid,
        UidValidity,
    }

    /// <param name="Pattern">Of <see cref="Source.Text"/> the text, else the number's format.</param>
    private readonly record struct Piece(Source Source, string Pattern);

    /// <summary>Reads a format.</summary>
    /// <exception cref="FormatException">It is none.</exception>
    public static UidlFormat Parse(string text) => TryParse(text, out var fault) ?? throw new FormatException(fault);

    /// <summary>What is wrong with a format; null when nothing is.</summary>
    public static string? Find(string text)
    {
        TryParse(text, out var fault);
        return fault;
    }

    /// <summary>Writes a message's unique-id; returns its length. The destination has room for <see cref="MaxLength"/>.</summary>
    public int Write(UidValidity uidValidity, uint uid, Span<byte> destination)
    {
        var length = 0;
        foreach (var (source, pattern) in _pieces)
        {
            var rest = destination[length..];
            var written = pattern.Length;
            if (source == Source.Text)
                Encoding.ASCII.GetBytes(pattern, rest);
            else
                (source == Source.Uid ? uid : uidValidity.Value).TryFormat(rest, out written, pattern, CultureInfo.InvariantCulture);
            length += written;
        }

        return length;
    }

    private static UidlFormat? TryParse(string text, out string? fault)
    {
        var format = new UidlFormat();
        var longest = 0;
        for (var at = 0; at < text.Length;)
        {
            if (text[at] is < '!' or > '~')
            {
                fault = "may have printable ASCII characters only, and no spaces";
                return null;
            }

            if (text[at] != '%')
            {
                var end = text.IndexOf('%', at);
                var literal = end < 0 ? text[at..] : text[at..end];
                if (literal.AsSpan().ContainsAnyExceptInRange('!', '~'))
                {
                    fault = "may have printable ASCII characters only, and no spaces";
                    return null;
                }

                format._pieces.Add(new Piece(Source.Text, literal));
                longest += literal.Length;
                at += literal.Length;
                continue;
            }

            var pattern = text.AsSpan(at + 1) switch
            {
                ['0', '8', 'X', 'u' or 'v', ..] => "X8",
                ['0', '8', 'x', 'u' or 'v', ..] => "x8",
                ['u' or 'v', ..] => "D",
                _ => null,
            };
            if (pattern is null)
            {
                fault = "may have %u, %v, %08Xu, %08Xv, %08xu and %08xv behind its percent signs, and nothing else";
                return null;
            }

            at += pattern == "D" ? 2 : 5;
            format._pieces.Add(new Piece(text[at - 1] == 'u' ? Source.Uid : Source.UidValidity, pattern));
            longest += pattern == "D" ? MaxDecimal : 8;
        }

        fault = !format._pieces.Exists(static piece => piece.Source == Source.Uid) || !format._pieces.Exists(static piece => piece.Source == Source.UidValidity)
            ? "must have both the UID (%u) and UIDVALIDITY (%v): with one alone an id could name another message some day"
            : longest > MaxLength ? $"makes ids of more than {MaxLength} characters" : null;
        return fault is null ? format : null;
    }
}
