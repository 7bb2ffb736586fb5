using System.Text;
using Sora.Contracts;
using Sora.Mime;

namespace Sora.Gateway.Imap.Search;

/// <summary>SENTBEFORE, SENTON, SENTSINCE: the day of the Date field as its author wrote it. Without a readable Date nothing matches.</summary>
internal sealed class SentDateKey(DateComparison comparison, DateOnly date) : SearchKey
{
    public override SearchCost Cost => SearchCost.Header;

    public override void Collect(SearchNeeds needs) => needs.SentDays = true;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (candidate.SentDay is not { } day)
            return Match.Unknown;
        if (day < 0)
            return Match.No;
        return Of(comparison switch
        {
            DateComparison.Before => day < date.DayNumber,
            DateComparison.Since => day >= date.DayNumber,
            _ => day == date.DayNumber,
        });
    }
}

/// <summary>HEADER, SUBJECT: a field of that name contains the text, after decoding. An empty text asks for the field alone.</summary>
internal sealed class HeaderKey(byte[] name, string text) : SearchKey
{
    private readonly string _wanted = SearchText.Wanted(text);
    private readonly bool _isSubject = Ascii.EqualsIgnoreCase(name, "Subject"u8);
    private int _question = -1;

    public override SearchCost Cost => SearchCost.Header;

    public override void Collect(SearchNeeds needs) => _question =
        _wanted.Length == 0 ? needs.Ask(TextField.Header, SearchText.Wanted(Encoding.Latin1.GetString(name) + ":"))
        : needs.Ask(_isSubject ? TextField.Subject : TextField.Header, _wanted);

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (candidate.Header is not { } header)
        {
            // The index has no fields by their names, but Subject
            var found = candidate.Ask(_question);
            return found == Match.Yes && (!_isSubject || _wanted.Length == 0) ? Match.Unknown : found;
        }

        foreach (var field in HeaderFields.Enumerate(header.Span))
        {
            if (field.IsNamed(name) && (_wanted.Length == 0 || SearchText.Value(field).Contains(_wanted, StringComparison.Ordinal)))
                return Match.Yes;
        }

        return Match.No;
    }
}

/// <summary>FROM, TO, CC, BCC: an address of that field contains the text, in the form the client sees in ENVELOPE or as the field was written.</summary>
internal sealed class AddressKey(byte[] name, string text) : SearchKey
{
    private readonly string _wanted = SearchText.Wanted(text);
    private int _question = -1;

    public override SearchCost Cost => SearchCost.Header;

    public override void Collect(SearchNeeds needs) => _question =
        _wanted.Length == 0 ? needs.Ask(TextField.Header, SearchText.Wanted(Encoding.Latin1.GetString(name) + ":")) : needs.Ask(FieldOf(name), _wanted);

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (candidate.Header is not { } header)
        {
            var found = candidate.Ask(_question);
            return found == Match.Yes && _wanted.Length == 0 ? Match.Unknown : found;
        }

        foreach (var field in HeaderFields.Enumerate(header.Span))
        {
            if (field.IsNamed(name) && (_wanted.Length == 0 || SearchText.Value(field).Contains(_wanted, StringComparison.Ordinal) || IsInAddress(field)))
                return Match.Yes;
        }

        return Match.No;
    }

    private static TextField FieldOf(ReadOnlySpan<byte> name) =>
        Ascii.EqualsIgnoreCase(name, "From"u8) ? TextField.From
        : Ascii.EqualsIgnoreCase(name, "To"u8) ? TextField.To
        : Ascii.EqualsIgnoreCase(name, "Cc"u8) ? TextField.Cc
        : TextField.Bcc;

    private bool IsInAddress(HeaderField field)
    {
        foreach (var address in SearchText.Addresses(field))
        {
            if (address.Contains(_wanted, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}

/// <summary>BODY, and TEXT, which looks into headers too. The text of all text parts is searched, decoded.</summary>
internal sealed class TextKey(string text, bool withHeader) : SearchKey
{
    private int _header = -1;
    private int _body = -1;

    public override SearchCost Cost => SearchCost.Text;

    /// <summary>What is looked for, folded.</summary>
    public string Text { get; } = SearchText.Wanted(text);

    /// <summary>It looks into headers too, those of parts and embedded messages included (RFC 9051 section 6.4.4).</summary>
    public bool WithHeader => withHeader;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (Text.Length == 0)
            return Match.Yes;
        if (withHeader && candidate.Header is { } header && IsIn(header.Span))
            return Match.Yes;
        if (candidate.FoundTexts is { } found)
            return Of(found.Contains(this));
        // The index knows the headers of parts too, so it is asked although the message's own has been read
        var inHeader = withHeader ? candidate.Ask(_header) : Match.No;
        if (inHeader == Match.Yes)
            return Match.Yes;
        var inBody = candidate.Ask(_body);
        return inBody == Match.No ? inHeader : inBody;
    }

    public override void CollectTexts(List<TextKey> texts) => texts.Add(this);

    /// <summary>Puts its questions to the index.</summary>
    public void Ask(SearchNeeds needs)
    {
        if (Text.Length == 0)
            return;
        _body = needs.Ask(TextField.Body, Text);
        _header = withHeader ? needs.Ask(TextField.Header, Text) : -1;
    }

    private bool IsIn(ReadOnlySpan<byte> header)
    {
        foreach (var field in HeaderFields.Enumerate(header))
        {
            if (SearchText.Line(field).Contains(Text, StringComparison.Ordinal))
                return true;
        }

        return false;
    }
}
