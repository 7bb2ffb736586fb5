using System.Text;

namespace Sora.Mime;

/// <summary>Gathers the envelope's fields while a header is walked.</summary>
internal struct EnvelopeBuilder(int maxAddresses)
{
    private byte[]? _date;
    private byte[]? _subject;
    private byte[]? _inReplyTo;
    private byte[]? _messageId;
    private List<MailAddress>? _from;
    private List<MailAddress>? _sender;
    private List<MailAddress>? _replyTo;
    private List<MailAddress>? _to;
    private List<MailAddress>? _cc;
    private List<MailAddress>? _bcc;

    public int AddressesLeft { get; private set; } = maxAddresses;

    public void Add(HeaderField field)
    {
        var name = field.Name;
        switch (name.Length)
        {
            case 2 when Ascii.EqualsIgnoreCase(name, "to"u8):
                Addresses(ref _to, field);
                break;
            case 2 when Ascii.EqualsIgnoreCase(name, "cc"u8):
                Addresses(ref _cc, field);
                break;
            case 3 when Ascii.EqualsIgnoreCase(name, "bcc"u8):
                Addresses(ref _bcc, field);
                break;
            case 4 when Ascii.EqualsIgnoreCase(name, "from"u8):
                Addresses(ref _from, field);
                break;
            case 4 when Ascii.EqualsIgnoreCase(name, "date"u8):
                _date ??= field.Unfold();
                break;
            case 6 when Ascii.EqualsIgnoreCase(name, "sender"u8):
                Addresses(ref _sender, field);
                break;
            case 7 when Ascii.EqualsIgnoreCase(name, "subject"u8):
                _subject ??= field.Unfold();
                break;
            case 8 when Ascii.EqualsIgnoreCase(name, "reply-to"u8):
                Addresses(ref _replyTo, field);
                break;
            case 10 when Ascii.EqualsIgnoreCase(name, "message-id"u8):
                _messageId ??= field.Unfold();
                break;
            case 11 when Ascii.EqualsIgnoreCase(name, "in-reply-to"u8):
                _inReplyTo ??= field.Unfold();
                break;
        }
    }

    public readonly Envelope Build()
    {
        var from = ToArray(_from);
        return new Envelope
        {
            Date = _date,
            Subject = _subject,
            From = from,
            Sender = _sender is null ? from : ToArray(_sender),
            ReplyTo = _replyTo is null ? from : ToArray(_replyTo),
            To = ToArray(_to),
            Cc = ToArray(_cc),
            Bcc = ToArray(_bcc),
            InReplyTo = _inReplyTo,
            MessageId = _messageId,
        };
    }

    private static MailAddress[] ToArray(List<MailAddress>? list) => list is null ? [] : [.. list];

    private void Addresses(ref List<MailAddress>? list, HeaderField field)
    {
        if (field.Value.IsEmpty || AddressesLeft <= 0)
            return;
        list ??= [];
        int before = list.Count;
        AddressParser.Parse(field.Value, list, AddressesLeft);
        AddressesLeft -= list.Count - before;
        if (list.Count == 0)
            list = null;
    }
}
