using System.Text;

namespace Sora.Mime;

/// <summary>Strings for tokens: the usual ones are shared, so that parsing ordinary mail makes none.</summary>
internal static class TokenText
{
    private const int LongestShared = 25;

    private static readonly string[] Shared =
    [
        "text", "plain", "html", "calendar", "css", "csv", "xml", "x-vcard", "TEXT", "PLAIN", "HTML", "Text", "Plain",
        "multipart", "mixed", "alternative", "related", "signed", "report", "digest", "MULTIPART", "MIXED", "ALTERNATIVE",
        "application", "octet-stream", "pdf", "zip", "json", "msword", "pgp-signature", "pkcs7-signature", "x-pkcs7-signature", "ics",
        "image", "jpeg", "jpg", "png", "gif", "svg+xml", "webp", "audio", "mpeg", "video", "mp4",
        "message", "rfc822", "delivery-status", "global", "7bit", "8bit", "binary", "base64", "quoted-printable",
        "7BIT", "8BIT", "BASE64", "QUOTED-PRINTABLE", "Base64", "attachment", "inline",
    ];

    private static readonly string[][] ByLength = Group();

    /// <summary>The token (ASCII) as a string.</summary>
    public static string Get(ReadOnlySpan<byte> token)
    {
        if (token.Length <= LongestShared)
        {
            foreach (string candidate in ByLength[token.Length])
            {
                if (candidate[0] == token[0] && Ascii.Equals(token, candidate))
                    return candidate;
            }
        }
        return Encoding.ASCII.GetString(token);
    }

    private static string[][] Group()
    {
        var lists = new List<string>[LongestShared + 1];
        for (int i = 0; i < lists.Length; i++)
            lists[i] = [];
        foreach (string text in Shared)
            lists[text.Length].Add(text);
        return Array.ConvertAll(lists, list => list.ToArray());
    }
}
