namespace Sora.Mime;

/// <summary>Reads parts and envelopes for <see cref="StructureFormat"/>; damage is a flag, never an exception.</summary>
internal ref struct StructureReader(ReadOnlySpan<byte> data)
{
    private const int MaxDepth = 2500;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _at;

    public bool IsDamaged { get; private set; }

    public readonly bool AtEnd => _at == _data.Length;

    public MimePart? Part(long origin, long shift, int depth)
    {
        if (depth > MaxDepth)
            IsDamaged = true;
        if (IsDamaged)
            return null;
        var contents = (PartContents)Number();
        var part = new MimePart();
        long headerStart = origin + Number();
        long bodyStart = headerStart + Number();
        long end = bodyStart + Number();
        if (headerStart < origin || bodyStart < headerStart || end < bodyStart || end > long.MaxValue - shift)
            IsDamaged = true;
        part.HeaderStart = headerStart + shift;
        part.BodyStart = bodyStart + shift;
        part.End = end + shift;
        part.Lines = Number();
        part.Type = Token();
        part.Subtype = Token();
        if (contents.HasFlag(PartContents.Parameters))
            part.Parameters = Parameters();
        if (contents.HasFlag(PartContents.Encoding))
            part.Encoding = Token();
        if (contents.HasFlag(PartContents.Disposition))
        {
            part.Disposition = Token();
            part.DispositionParameters = Parameters();
        }
        if (contents.HasFlag(PartContents.Details))
        {
            part.Id = Optional();
            part.Description = Optional();
            part.Md5 = Optional();
            part.Location = Optional();
            part.Languages = Languages();
        }
        if (contents.HasFlag(PartContents.Message))
        {
            part.Envelope = Envelope();
            part.Message = Part(bodyStart, shift, depth + 1);
        }
        if (contents.HasFlag(PartContents.Children))
            part.Children = Children(bodyStart, shift, depth);
        return IsDamaged ? null : part;
    }

    public Envelope Envelope()
    {
        long own = Number();
        byte[]? date = Optional();
        byte[]? subject = Optional();
        byte[]? inReplyTo = Optional();
        byte[]? messageId = Optional();
        var from = Addresses();
        return new Envelope
        {
            Date = date,
            Subject = subject,
            InReplyTo = inReplyTo,
            MessageId = messageId,
            From = from,
            Sender = (own & 1) != 0 ? Addresses() : from,
            ReplyTo = (own & 2) != 0 ? Addresses() : from,
            To = Addresses(),
            Cc = Addresses(),
            Bcc = Addresses(),
        };
    }

    private MimePart[] Children(long bodyStart, long shift, int depth)
    {
        var children = new MimePart[Count(bytesEach: 7)];
        long at = bodyStart;
        for (int i = 0; i < children.Length; i++)
        {
            if (Part(at, shift, depth + 1) is not { } child)
                return [];
            children[i] = child;
            at = child.End - shift;
        }
        return children;
    }

    private MailAddress[] Addresses()
    {
        int count = Count(bytesEach: 4);
        if (count == 0)
            return [];
        var addresses = new MailAddress[count];
        for (int i = 0; i < count; i++)
        {
            var address = new MailAddress(Optional(), Optional(), Optional(), Optional());
            addresses[i] = address.IsGroupEnd ? MailAddress.GroupEnd : address;
        }
        return addresses;
    }

    private MimeParameter[] Parameters()
    {
        var parameters = new MimeParameter[Count(bytesEach: 2)];
        for (int i = 0; i < parameters.Length; i++)
            parameters[i] = new MimeParameter(Bytes(), Bytes());
        return parameters;
    }

    private byte[][] Languages()
    {
        byte[][] languages = new byte[Count(bytesEach: 1)][];
        for (int i = 0; i < languages.Length; i++)
            languages[i] = Bytes();
        return languages;
    }

    private string Token()
    {
        var text = Take(Number());
        return text.IsEmpty ? "" : TokenText.Get(text);
    }

    private byte[]? Optional()
    {
        long length = Number();
        return length == 0 ? null : Take(length - 1).ToArray();
    }

    private byte[] Bytes() => Take(Number()).ToArray();

    private ReadOnlySpan<byte> Take(long length)
    {
        if (IsDamaged || length > _data.Length - _at)
        {
            IsDamaged = true;
            return default;
        }
        var taken = _data.Slice(_at, (int)length);
        _at += taken.Length;
        return taken;
    }

    // A count that the remaining bytes cannot hold must not allocate
    private int Count(int bytesEach)
    {
        long count = Number();
        if (IsDamaged || count > (_data.Length - _at) / bytesEach)
        {
            IsDamaged = true;
            return 0;
        }
        return (int)count;
    }

    // Never negative
    private long Number()
    {
        ulong value = 0;
        for (int shift = 0; shift < 63 && _at < _data.Length; shift += 7)
        {
            byte b = _data[_at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return (long)value;
        }
        IsDamaged = true;
        return 0;
    }
}
