using System.Buffers;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Sora.Mime;

/// <summary>Character sets by their MIME names; all that .NET's code pages know.</summary>
public static class Charsets
{
    private const int LongestName = 64;
    private const int MostCached = 1000;

    private static readonly ConcurrentDictionary<string, Encoding> Cache = new(StringComparer.OrdinalIgnoreCase);

    // Where mail means more than the name says: the superset that senders really use
    private static readonly Dictionary<string, int> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["iso-8859-1"] = 1252,
        ["iso8859-1"] = 1252,
        ["iso_8859-1"] = 1252,
        ["latin1"] = 1252,
        ["latin-1"] = 1252,
        ["l1"] = 1252,
        ["ansi"] = 1252,
        ["iso-8859-9"] = 1254,
        ["iso8859-9"] = 1254,
        ["iso-8859-11"] = 874,
        ["tis-620"] = 874,
        ["iso-8859-8-i"] = 28598,
        ["iso-8859-8-e"] = 28598,
        ["iso-8859-6-i"] = 28596,
        ["iso-8859-6-e"] = 28596,
        ["gb2312"] = 54936,
        ["gbk"] = 54936,
        ["x-gbk"] = 54936,
        ["gb_2312-80"] = 54936,
        ["cp936"] = 54936,
        ["euc-cn"] = 54936,
        ["hz-gb-2312"] = 52936,
        ["big5-hkscs"] = 950,
        ["big-5"] = 950,
        ["cn-big5"] = 950,
        ["x-x-big5"] = 950,
        ["shift-jis"] = 932,
        ["shift_jis"] = 932,
        ["sjis"] = 932,
        ["x-sjis"] = 932,
        ["ms_kanji"] = 932,
        ["windows-31j"] = 932,
        ["eucjp"] = 51932,
        ["x-euc-jp"] = 51932,
        ["iso-2022-jp-1"] = 50220,
        ["iso-2022-jp-2"] = 50220,
        ["iso-2022-jp-3"] = 50220,
        ["iso-2022-jp-ms"] = 50220,
        ["cp50220"] = 50220,
        ["euc-kr"] = 949,
        ["euckr"] = 949,
        ["ks_c_5601-1987"] = 949,
        ["ksc5601"] = 949,
        ["uhc"] = 949,
        ["utf8"] = 65001,
        ["utf8mb4"] = 65001,
        ["utf-8mb4"] = 65001,
        ["unicode-1-1-utf-8"] = 65001,
        ["us-ascii"] = 20127,
        ["ascii"] = 20127,
        ["ansi_x3.4-1968"] = 20127,
        ["iso646-us"] = 20127,
        ["646"] = 20127,
        ["utf-7"] = 65000,
        ["unicode-1-1-utf-7"] = 65000,
        ["utf16"] = 1200,
        ["utf32"] = 12000,
        ["utf-16le"] = 1200,
        ["utf-16be"] = 1201,
        ["utf-32le"] = 12000,
        ["utf-32be"] = 12001,
        ["unicode"] = 1200,
        ["ucs-2"] = 1200,
        ["iso-10646-ucs-2"] = 1201,
        ["iso_8859-1:1987"] = 1252,
        ["cp819"] = 1252,
        ["ibm819"] = 1252,
        ["koi8"] = 20866,
        ["koi8-ru"] = 21866,
        ["macintosh"] = 10000,
        ["x-mac-roman"] = 10000,
    };

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    /// <summary>The preferred names of all character sets, US-ASCII and UTF-8 first.</summary>
    public static ImmutableArray<string> Names { get; } = ListNames();

    internal static Encoding Windows1252 { get; } = CodePagesEncodingProvider.Instance.GetEncoding(1252) ?? Encoding.Latin1;

    /// <summary>The encoding of that name or alias; windows-1252 when the name is unknown. Never throws.</summary>
    public static Encoding Get(string? name) => TryGet(name, out var encoding) ? encoding : Windows1252;

    /// <summary>As <see cref="Get"/>, with false for an unknown name (SEARCH answers BADCHARSET then).</summary>
    public static bool TryGet(string? name, [NotNullWhen(true)] out Encoding? encoding)
    {
        encoding = null;
        if (name is null)
            return false;
        name = name.Trim(' ', '\t', '"', '\'');
        if (name.Length is 0 or > LongestName)
            return false;
        if (Cache.TryGetValue(name, out encoding))
            return true;
        encoding = Find(name);
        if (encoding is not null && Cache.Count < MostCached)
            Cache.TryAdd(name, encoding);
        return encoding is not null;
    }

    /// <summary>Text whose charset nobody told: UTF-8 where it is valid, windows-1252 otherwise.</summary>
    public static string DecodeUnlabelled(ReadOnlySpan<byte> text) =>
        Utf8.IsValid(text) ? Encoding.UTF8.GetString(text) : Windows1252.GetString(text);

    internal static bool TryGet(ReadOnlySpan<byte> name, [NotNullWhen(true)] out Encoding? encoding)
    {
        encoding = null;
        return name.Length <= LongestName && TryGet(Encoding.Latin1.GetString(name), out encoding);
    }

    // Encodings with NUL in ordinary text cannot stand in an IMAP string or a header
    private static ImmutableArray<string> ListNames()
    {
        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var info in CodePagesEncodingProvider.Instance.GetEncodings())
            names.Add(info.Name);
        names.Add("iso-8859-1");
        names.ExceptWith(["us-ascii", "utf-8", "utf-16", "utf-16BE", "utf-32", "utf-32BE", "utf-7"]);
        return ["US-ASCII", "UTF-8", .. names];
    }

    private static Encoding? Find(string name)
    {
        if (Aliases.TryGetValue(name, out int page))
            return FromCodePage(page);
        if (CodePagesEncodingProvider.Instance.GetEncoding(name) is { } found)
            return found;
        foreach (var info in Encoding.GetEncodings())
        {
            if (info.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                return FromCodePage(info.CodePage);
        }
        // "cp-850", "x-cp1250", "windows1251", "ibm-437", "iso8859_15"
        int digits = name.AsSpan().LastIndexOfAnyExcept(Digits) + 1;
        if (digits == 0 || digits == name.Length || !int.TryParse(name.AsSpan(digits), CultureInfo.InvariantCulture, out page))
            return null;
        var prefix = name.AsSpan(0, digits).TrimEnd("-_");
        if (prefix.StartsWith("x-", StringComparison.OrdinalIgnoreCase))
            prefix = prefix[2..];
        if (IsIso8859(prefix))
            return page is >= 1 and <= 15 ? FromCodePage(28590 + page) : null;
        return IsCodePage(prefix) ? FromCodePage(page) : null;
    }

    private static bool IsIso8859(ReadOnlySpan<char> prefix) =>
        prefix.Length is 7 or 8 && prefix.StartsWith("iso", StringComparison.OrdinalIgnoreCase) && prefix.EndsWith("8859", StringComparison.Ordinal);

    private static bool IsCodePage(ReadOnlySpan<char> prefix) =>
        prefix.Equals("cp", StringComparison.OrdinalIgnoreCase) || prefix.Equals("ms", StringComparison.OrdinalIgnoreCase)
        || prefix.Equals("windows", StringComparison.OrdinalIgnoreCase) || prefix.Equals("win", StringComparison.OrdinalIgnoreCase)
        || prefix.Equals("ibm", StringComparison.OrdinalIgnoreCase) || prefix.Equals("dos", StringComparison.OrdinalIgnoreCase);

    private static Encoding? FromCodePage(int page)
    {
        switch (page)
        {
            case 1200:
                return Encoding.Unicode;
            case 1201:
                return Encoding.BigEndianUnicode;
            case 12000:
                return Encoding.UTF32;
            case 12001:
                return new UTF32Encoding(bigEndian: true, byteOrderMark: true);
            case 20127:
                return Encoding.ASCII;
            case 28591:
                return Windows1252;
            case 65000:
#pragma warning disable SYSLIB0001 // UTF-7 is only ever read here, out of old mail, never written or trusted
                return Encoding.UTF7;
#pragma warning restore SYSLIB0001
            case 65001:
                return Encoding.UTF8;
            default:
                // Page 0 to 3 mean "the system's own" there
                return page is > 3 and <= 65535 ? CodePagesEncodingProvider.Instance.GetEncoding(page) : null;
        }
    }
}
