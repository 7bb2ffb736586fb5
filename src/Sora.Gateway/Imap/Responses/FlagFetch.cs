using System.IO.Pipelines;
using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>A FETCH response with only UID, FLAGS and MODSEQ, formatted straight into the pipe: clients ask for a whole mailbox of these.</summary>
internal static class FlagFetch
{
    private const int FixedLength = 128;

    public static void Write(
        PipeWriter output,
        int number,
        uint uid,
        long modSeq,
        ulong flags,
        KeywordTable keywords,
        bool withUid,
        bool withFlags,
        bool withModSeq,
        bool isRecent,
        bool uidOnly)
    {
        var text = new SpanText(output.GetSpan(FixedLength + (withFlags ? FlagText.MaxLength(flags, keywords) : 0)));
        text.Append("* "u8);
        text.Append(uidOnly ? uid : number);
        text.Append(uidOnly ? " UIDFETCH ("u8 : " FETCH ("u8); // RFC 9586 section 3.3
        if (withUid)
        {
            text.Append("UID "u8);
            text.Append(uid);
        }

        if (withFlags)
        {
            text.Append(withUid ? " FLAGS "u8 : "FLAGS "u8);
            FlagText.Write(ref text, flags, keywords, isRecent);
        }

        if (withModSeq)
        {
            text.Append(withUid || withFlags ? " MODSEQ ("u8 : "MODSEQ ("u8);
            text.Append(modSeq + 1); // see ImapWriter.ModSeq
            text.Append((byte)')');
        }

        text.Append(")\r\n"u8);
        output.Advance(text.Length);
    }
}
