using Sora.Gateway.Imap.Wire;
using Sora.Mime;

namespace Sora.Gateway.Imap.Responses;

/// <summary>BODY and BODYSTRUCTURE (RFC 9051 section 7.5.2).</summary>
internal static class BodyStructureWriter
{
    /// <param name="extended">BODYSTRUCTURE: with extension data.</param>
    public static void Write(ImapWriter writer, MimePart part, bool extended)
    {
        writer.Raw("("u8);
        if (part.IsMultipart)
            Multipart(writer, part, extended);
        else
            Single(writer, part, extended);
        writer.Raw(")"u8);
    }

    // body-type-mpart
    private static void Multipart(ImapWriter writer, MimePart part, bool extended)
    {
        foreach (var child in part.Children)
            Write(writer, child, extended);
        writer.Space();
        writer.String(part.Subtype);
        if (!extended)
            return;
        writer.Space();
        Parameters(writer, part.Parameters);
        Disposition(writer, part);
    }

    // body-type-1part
    private static void Single(ImapWriter writer, MimePart part, bool extended)
    {
        writer.String(part.Type);
        writer.Space();
        writer.String(part.Subtype);
        writer.Space();
        Parameters(writer, part.Parameters);
        writer.Space();
        writer.NString(part.Id);
        writer.Space();
        writer.NString(part.Description);
        writer.Space();
        writer.String(part.Encoding ?? "7bit");
        writer.Space();
        writer.Number(part.Size);

        // IMAP4rev1 has this form for message/rfc822 only; IMAP4rev2 for message/global too
        if (part.Message is { } message && (writer.Utf8 || part.Is("message", "rfc822")))
        {
            writer.Space();
            EnvelopeWriter.Write(writer, part.Envelope ?? Envelope.Empty);
            writer.Space();
            Write(writer, message, extended);
            writer.Space();
            writer.Number(part.Lines);
        }
        else if (part.IsText)
        {
            writer.Space();
            writer.Number(part.Lines);
        }

        if (!extended)
            return;
        writer.Space();
        writer.NString(part.Md5);
        Disposition(writer, part);
    }

    // body-fld-dsp SP body-fld-lang SP body-fld-loc, with the space before them
    private static void Disposition(ImapWriter writer, MimePart part)
    {
        writer.Space();
        if (part.Disposition is null)
        {
            writer.Nil();
        }
        else
        {
            writer.Raw("("u8);
            writer.String(part.Disposition);
            writer.Space();
            Parameters(writer, part.DispositionParameters);
            writer.Raw(")"u8);
        }

        writer.Space();
        Languages(writer, part.Languages);
        writer.Space();
        writer.NString(part.Location);
    }

    private static void Languages(ImapWriter writer, IReadOnlyList<byte[]> languages)
    {
        switch (languages.Count)
        {
            case 0:
                writer.Nil();
                break;
            case 1:
                writer.String(languages[0]);
                break;
            default:
                writer.Raw("("u8);
                for (var i = 0; i < languages.Count; i++)
                {
                    if (i > 0)
                        writer.Space();
                    writer.String(languages[i]);
                }

                writer.Raw(")"u8);
                break;
        }
    }

    private static void Parameters(ImapWriter writer, IReadOnlyList<MimeParameter> parameters)
    {
        if (parameters.Count == 0)
        {
            writer.Nil();
            return;
        }

        writer.Raw("("u8);
        for (var i = 0; i < parameters.Count; i++)
        {
            if (i > 0)
                writer.Space();
            writer.String(parameters[i].Name);
            writer.Space();
            writer.String(parameters[i].Value);
        }

        writer.Raw(")"u8);
    }
}
