using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>What SEARCH returns (RFC 9051 section 6.4.4).</summary>
[Flags]
internal enum SearchReturn
{
    None = 0,
    Min = 1,
    Max = 2,
    All = 4,
    Count = 8,
    Save = 16,
}

/// <summary>SEARCH (RFC 3501 section 7.2.5) and ESEARCH (RFC 9051 section 7.3.4) responses; numbers ascend.</summary>
internal static class SearchResponse
{
    public static async ValueTask WriteSearchAsync(ImapWriter writer, List<uint> numbers, ModSeq? modSeq)
    {
        writer.Raw("* SEARCH"u8);
        foreach (var number in numbers)
        {
            writer.Space();
            writer.Number(number);
            if (writer.ShouldFlush)
                await writer.FlushAsync().ConfigureAwait(false);
        }

        if (modSeq is { } value)
        {
            writer.Raw(" (MODSEQ "u8);
            writer.ModSeq(value);
            writer.Raw(")"u8);
        }

        writer.Crlf();
    }

    public static void WriteExtended(ImapWriter writer, ReadOnlySpan<byte> tag, bool byUid, SearchReturn what, List<uint> numbers, ModSeq? modSeq)
    {
        writer.Raw("* ESEARCH (TAG "u8);
        writer.String(tag);
        writer.Raw(byUid ? ") UID"u8 : ")"u8);
        if (numbers.Count > 0)
        {
            if (what.HasFlag(SearchReturn.Min))
                Item(writer, " MIN "u8, numbers[0]);
            if (what.HasFlag(SearchReturn.Max))
                Item(writer, " MAX "u8, numbers[^1]);
            if (what.HasFlag(SearchReturn.All))
            {
                writer.Raw(" ALL "u8);
                writer.Set(SetOf(numbers));
            }
        }

        if (what.HasFlag(SearchReturn.Count))
            Item(writer, " COUNT "u8, numbers.Count);
        if (modSeq is { } value)
        {
            writer.Raw(" MODSEQ "u8);
            writer.ModSeq(value);
        }

        writer.Crlf();
    }

    private static void Item(ImapWriter writer, ReadOnlySpan<byte> name, long value)
    {
        writer.Raw(name);
        writer.Number(value);
    }

    private static UidSet SetOf(List<uint> numbers)
    {
        var builder = new UidSet.Builder();
        foreach (var number in numbers)
            builder.Add(number);
        return builder.ToSet();
    }
}
