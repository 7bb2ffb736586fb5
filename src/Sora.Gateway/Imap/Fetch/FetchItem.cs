using Sora.Contracts;
using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>fetch-att (RFC 9051 section 6.4.5).</summary>
internal enum FetchKind
{
    Uid,
    Flags,
    ModSeq,
    InternalDate,
    Size,
    Envelope,
    Body,
    BodyStructure,
    Section,
    Rfc822,
    Rfc822Header,
    Rfc822Text,
    Binary,
    BinarySize,
    EmailId,
    ThreadId,
    SaveDate,
    Preview,
    Snippet,
}

/// <summary>One thing that FETCH asks for.</summary>
internal sealed record FetchItem(FetchKind Kind, Section? Section = null, bool SetsSeen = false)
{
    /// <summary>A preview that takes long to make is not worth it (RFC 8970 section 4).</summary>
    public bool IsLazy { get; init; }

    public bool IsIndexOnly => Kind is FetchKind.Uid or FetchKind.Flags or FetchKind.ModSeq or FetchKind.InternalDate or FetchKind.Size
        or FetchKind.EmailId or FetchKind.ThreadId or FetchKind.SaveDate;

    /// <summary>What of the content must be read for it.</summary>
    public ContentParts Parts => Kind switch
    {
        FetchKind.Envelope => ContentParts.Envelope,
        FetchKind.Body or FetchKind.BodyStructure => ContentParts.Structure,
        FetchKind.Rfc822Header => ContentParts.Header | ContentParts.Structure,
        FetchKind.Rfc822Text => ContentParts.Structure,
        FetchKind.Section when Section!.IsTopHeader => ContentParts.Header | ContentParts.Structure,
        FetchKind.Section when Section!.IsWhole => ContentParts.None,
        FetchKind.Section or FetchKind.Binary or FetchKind.BinarySize or FetchKind.Preview or FetchKind.Snippet => ContentParts.Structure,
        _ => ContentParts.None,
    };
}

/// <summary>section and partial (RFC 9051 section 9).</summary>
/// <param name="Path">Part numbers; empty for the message itself.</param>
/// <param name="Fields">HEADER.FIELDS and HEADER.FIELDS.NOT: the names, as asked.</param>
internal sealed record Section(int[] Path, SectionText Text, IReadOnlyList<byte[]>? Fields = null, bool IsNot = false)
{
    /// <summary>First byte and number of bytes wanted; null for all.</summary>
    public (long Start, long Count)? Partial { get; init; }

    public bool IsWhole => Path.Length == 0 && Text == SectionText.None;

    public bool IsTopHeader => Path.Length == 0 && Text == SectionText.Header;

    /// <summary>The part of a piece of this length that is wanted.</summary>
    public (long Skip, long Length) Slice(long length)
    {
        if (Partial is not var (start, count))
            return (0, length);
        var skip = Math.Min(start, length);
        return (skip, Math.Min(count, length - skip));
    }

    /// <summary>The text between the brackets, and the partial's origin.</summary>
    public void Write(ImapWriter writer)
    {
        writer.Raw("["u8);
        for (var i = 0; i < Path.Length; i++)
        {
            if (i > 0)
                writer.Raw("."u8);
            writer.Number(Path[i]);
        }

        if (Text != SectionText.None && Path.Length > 0)
            writer.Raw("."u8);
        writer.Raw(Text switch
        {
            SectionText.Header => "HEADER"u8,
            SectionText.Text => "TEXT"u8,
            SectionText.Mime => "MIME"u8,
            _ => default,
        });
        if (Fields is not null)
        {
            writer.Raw(IsNot ? ".FIELDS.NOT ("u8 : ".FIELDS ("u8);
            for (var i = 0; i < Fields.Count; i++)
            {
                if (i > 0)
                    writer.Space();
                writer.AString(Fields[i]);
            }

            writer.Raw(")"u8);
        }

        writer.Raw("]"u8);
        if (Partial is not var (start, _))
            return;
        writer.Raw("<"u8);
        writer.Number(start);
        writer.Raw(">"u8);
    }
}
