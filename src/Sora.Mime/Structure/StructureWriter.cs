using System.Buffers;
using System.Text;

namespace Sora.Mime;

/// <summary>What a part's record holds beside its type and offsets.</summary>
[Flags]
internal enum PartContents
{
    None = 0,
    Children = 1,
    Message = 2,
    Encoding = 4,
    Disposition = 8,
    Parameters = 16,
    Details = 32,
}

/// <summary>Writes parts and envelopes for <see cref="StructureFormat"/>.</summary>
internal struct StructureWriter
{
    private byte[] _buffer;
    private int _length;

    public StructureWriter(byte version)
    {
        _buffer = ArrayPool<byte>.Shared.Rent(512);
        _buffer[0] = version;
        _length = 1;
    }

    public readonly ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    public readonly void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    public void Part(MimePart part, long origin)
    {
        var contents = Contents(part);
        Number((long)contents);
        Number(part.HeaderStart - origin);
        Number(part.BodyStart - part.HeaderStart);
        Number(part.End - part.BodyStart);
        Number(part.Lines);
        Token(part.Type);
        Token(part.Subtype);
        if (contents.HasFlag(PartContents.Parameters))
            Parameters(part.Parameters);
        if (contents.HasFlag(PartContents.Encoding))
            Token(part.Encoding!);
        if (contents.HasFlag(PartContents.Disposition))
        {
            Token(part.Disposition!);
            Parameters(part.DispositionParameters);
        }
        if (contents.HasFlag(PartContents.Details))
        {
            Optional(part.Id);
            Optional(part.Description);
            Optional(part.Md5);
            Optional(part.Location);
            Number(part.Languages.Count);
            for (int i = 0; i < part.Languages.Count; i++)
                Bytes(part.Languages[i]);
        }
        if (contents.HasFlag(PartContents.Message))
        {
            Envelope(part.Envelope!);
            Part(part.Message!, part.BodyStart);
        }
        if (contents.HasFlag(PartContents.Children))
        {
            Number(part.Children.Count);
            long at = part.BodyStart;
            for (int i = 0; i < part.Children.Count; i++)
            {
                Part(part.Children[i], at);
                at = part.Children[i].End;
            }
        }
    }

    public void Envelope(Envelope envelope)
    {
        bool ownSender = !ReferenceEquals(envelope.Sender, envelope.From);
        bool ownReplyTo = !ReferenceEquals(envelope.ReplyTo, envelope.From);
        Number((ownSender ? 1 : 0) | (ownReplyTo ? 2 : 0));
        Optional(envelope.Date);
        Optional(envelope.Subject);
        Optional(envelope.InReplyTo);
        Optional(envelope.MessageId);
        Addresses(envelope.From);
        if (ownSender)
            Addresses(envelope.Sender);
        if (ownReplyTo)
            Addresses(envelope.ReplyTo);
        Addresses(envelope.To);
        Addresses(envelope.Cc);
        Addresses(envelope.Bcc);
    }

    private static PartContents Contents(MimePart part)
    {
        var contents = PartContents.None;
        if (part.IsMultipart)
            contents |= PartContents.Children;
        if (part.IsMessage)
            contents |= PartContents.Message;
        if (part.Encoding is not null)
            contents |= PartContents.Encoding;
        if (part.Disposition is not null)
            contents |= PartContents.Disposition;
        if (part.Parameters.Count > 0)
            contents |= PartContents.Parameters;
        if (part.Id is not null || part.Description is not null || part.Md5 is not null || part.Location is not null
            || part.Languages.Count > 0)
        {
            contents |= PartContents.Details;
        }
        return contents;
    }

    private void Addresses(IReadOnlyList<MailAddress> addresses)
    {
        Number(addresses.Count);
        for (int i = 0; i < addresses.Count; i++)
        {
            Optional(addresses[i].Name);
            Optional(addresses[i].Route);
            Optional(addresses[i].Mailbox);
            Optional(addresses[i].Host);
        }
    }

    private void Parameters(IReadOnlyList<MimeParameter> parameters)
    {
        Number(parameters.Count);
        for (int i = 0; i < parameters.Count; i++)
        {
            Bytes(parameters[i].Name);
            Bytes(parameters[i].Value);
        }
    }

    private void Token(string text)
    {
        Number(text.Length);
        Reserve(text.Length);
        _length += Encoding.ASCII.GetBytes(text, _buffer.AsSpan(_length));
    }

    // Null is 0, anything else its length and one
    private void Optional(byte[]? value)
    {
        Number(value is null ? 0 : value.Length + 1L);
        Raw(value);
    }

    private void Bytes(byte[] value)
    {
        Number(value.Length);
        Raw(value);
    }

    private void Raw(ReadOnlySpan<byte> value)
    {
        Reserve(value.Length);
        value.CopyTo(_buffer.AsSpan(_length));
        _length += value.Length;
    }

    private void Number(long value)
    {
        Reserve(10);
        ulong rest = (ulong)value;
        while (rest >= 0x80)
        {
            _buffer[_length++] = (byte)(rest | 0x80);
            rest >>= 7;
        }
        _buffer[_length++] = (byte)rest;
    }

    private void Reserve(int count)
    {
        if (_buffer.Length - _length >= count)
            return;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + count));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }
}
