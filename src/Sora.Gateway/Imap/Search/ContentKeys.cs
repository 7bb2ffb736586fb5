using System.Text;
using Sora.Mime;

namespace Sora.Gateway.Imap.Search;

/// <summary>SENTBEFORE, SENTON, SENTSINCE: the day of the Date field as its author wrote it. Without a readable Date nothing matches.</summary>
internal sealed class SentDateKey(DateComparison comparison, DateOnly date) : SearchKey
{
    public override SearchCost Cost => SearchCost.Header;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (candidate.Header is not { } header)
            return Match.Unknown;
        if (!HeaderFields.TryFind(header.Span, "Date"u8, out var field) || DateParser.Parse(field.Value) is not { } sent)
            return Match.No;
        var day = DateOnly.FromDateTime(sent.DateTime);
        return Of(comparison switch
        {
            DateComparison.Before => day < date,
            DateComparison.Since => day >= date,
            _ => day == date,
        });
    }
}

/// <summary>HEADER, SUBJECT: a field of that name contains the text, after decoding. An empty text asks for the field alone.</summary>
internal sealed class HeaderKey(byte[] name, string text) : SearchKey
{
    public override SearchCost Cost => SearchCost.Header;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (candidate.Header is not { } header)
            return Match.Unknown;
        foreach (var field in HeaderFields.Enumerate(header.Span))
        {
            if (field.IsNamed(name) && (text.Length == 0 || Contains(field, text)))
                return Match.Yes;
        }

        return Match.No;
    }

    public static bool Contains(HeaderField field, string text) =>
        EncodedWord.Decode(field.Value).Contains(text, StringComparison.OrdinalIgnoreCase);
}

/// <summary>FROM, TO, CC, BCC: an address of that field contains the text, in the form the client sees in ENVELOPE or as the field was written.</summary>
internal sealed class AddressKey(byte[] name, string text) : SearchKey
{
    public override SearchCost Cost => SearchCost.Header;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (candidate.Header is not { } header)
            return Match.Unknown;
        foreach (var field in HeaderFields.Enumerate(header.Span))
        {
            if (field.IsNamed(name) && (text.Length == 0 || HeaderKey.Contains(field, text) || IsInAddress(field)))
                return Match.Yes;
        }

        return Match.No;
    }

    // Comments and white space may stand inside an address; without them it looks different
    private bool IsInAddress(HeaderField field)
    {
        if (!field.Value.ContainsAny("(<:"u8))
            return false;
        foreach (var address in MailAddress.ParseList(field.Value))
        {
            if (address.Mailbox is null)
                continue;
            var spec = $"<{Encoding.UTF8.GetString(address.Mailbox)}@{Encoding.UTF8.GetString(address.Host ?? [])}>";
            var whole = address.Name is { } display ? $"{EncodedWord.Decode(display)} {spec}" : spec;
            if (whole.Contains(text, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}

/// <summary>BODY, and TEXT, which looks into the header too. The text of all text parts is searched, decoded.</summary>
internal sealed class TextKey(string text, bool withHeader) : SearchKey
{
    public override SearchCost Cost => SearchCost.Text;

    public string Text => text;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (text.Length == 0)
            return Match.Yes;
        if (withHeader && candidate.Header is { } header && IsIn(header.Span))
            return Match.Yes;
        return candidate.FoundTexts is { } found ? Of(found.Contains(this)) : Match.Unknown;
    }

    public override void CollectTexts(List<TextKey> texts) => texts.Add(this);

    private bool IsIn(ReadOnlySpan<byte> header)
    {
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (HeaderKey.Contains(field, text) || $"{Encoding.Latin1.GetString(field.Name)}: {EncodedWord.Decode(field.Value)}".Contains(text, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
