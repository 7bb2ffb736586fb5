using Sora.Contracts;

namespace Sora.Relay.Smtp;

/// <summary>A server's reply (RFC 5321 section 4.2).</summary>
/// <param name="Code">Three digits.</param>
/// <param name="Lines">Its lines without the code.</param>
internal sealed record SmtpReply(int Code, IReadOnlyList<string> Lines)
{
    // It is kept with each recipient, and shown in logs and reports
    private const int MaxText = 1000;

    public bool IsPositive => Code is >= 200 and < 300;

    public bool IsIntermediate => Code is >= 300 and < 400;

    public bool IsPermanent => Code is >= 500 and < 600;

    /// <summary>RFC 5321 section 3.8: the server closes the connection.</summary>
    public bool IsClosing => Code == 421;

    /// <summary>In one line, with the status code of RFC 2034 or one that only repeats the reply's class (RFC 3461 section 6.3 g).</summary>
    public RelayReply ToReply(string host)
    {
        string? status = null;
        var texts = new List<string>(Lines.Count);
        foreach (var line in Lines)
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var word = space < 0 ? line : line[..space];
            if (IsStatus(word) && word[0] - '0' == Code / 100)
            {
                status ??= word;
                texts.Add(space < 0 ? "" : line[(space + 1)..].Trim());
            }
            else
            {
                texts.Add(line.Trim());
            }
        }

        var whole = string.Join(' ', texts.Where(static text => text.Length > 0));
        return new RelayReply(Code, status ?? $"{Code / 100}.0.0", whole.Length > MaxText ? whole[..MaxText] : whole, host);
    }

    /// <summary>RFC 3463 section 2: class "." subject "." detail.</summary>
    private static bool IsStatus(string word)
    {
        var parts = word.Split('.');
        return parts.Length == 3 && (parts[0] is "2" or "4" or "5") && IsNumber(parts[1]) && IsNumber(parts[2]);
    }

    private static bool IsNumber(string text) => text.Length is > 0 and <= 3 && text.All(char.IsAsciiDigit);
}
