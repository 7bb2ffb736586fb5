using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>METADATA with values (RFC 5464 section 4.4.1).</summary>
internal static class MetadataResponse
{
    /// <param name="name">The mailbox, or the empty string for the server.</param>
    /// <param name="entries">Nothing is written when there are none.</param>
    public static void Write(ImapWriter writer, string name, IReadOnlyList<MetadataEntry> entries)
    {
        if (entries.Count == 0)
            return;
        writer.Raw("* METADATA "u8);
        writer.Mailbox(name);
        for (var i = 0; i < entries.Count; i++)
        {
            writer.Raw(i == 0 ? " ("u8 : " "u8);
            writer.AString(System.Text.Encoding.ASCII.GetBytes(entries[i].Name));
            writer.Space();
            WriteValue(writer, entries[i].Value);
        }

        writer.Raw(")\r\n"u8);
    }

    // value = nstring / literal8
    private static void WriteValue(ImapWriter writer, byte[]? value)
    {
        if (value?.AsSpan().Contains((byte)0) != true)
        {
            writer.NString(value);
            return;
        }

        writer.LiteralStart(value.Length, binary: true);
        writer.Raw(value);
    }
}

/// <summary>METADATA LONGENTRIES, MAXSIZE and TOOMANY (RFC 5464 section 5).</summary>
/// <param name="What">The word behind METADATA.</param>
/// <param name="Number">Null for the words that have none.</param>
internal sealed record MetadataCode(string What, long? Number = null) : ResponseCode
{
    public override void Write(ImapWriter writer)
    {
        writer.Raw("METADATA "u8);
        writer.Text(What);
        if (Number is not { } number)
            return;
        writer.Space();
        writer.Number(number);
    }
}
