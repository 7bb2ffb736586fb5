using Sora.Contracts;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>What a searching command found, in the order in which it returns it.</summary>
/// <param name="Numbers">Sequence numbers or UIDs.</param>
/// <param name="ByUid"><paramref name="Numbers"/> are UIDs.</param>
/// <param name="ModSeq">The highest mod-sequence of what is returned, where that was asked for (RFC 7162 section 3.1.10).</param>
/// <param name="Scores">RELEVANCY of each, where that was asked for (RFC 6203 section 4).</param>
internal sealed record SearchAnswer(uint[] Numbers, bool ByUid, ModSeq? ModSeq = null, byte[]? Scores = null);

/// <summary>A mailbox as an ESEARCH response names it (RFC 7377 section 2.1).</summary>
internal sealed record SearchedMailbox(string Name, UidValidity UidValidity);

/// <summary>SEARCH (RFC 3501 section 7.2.5), SORT (RFC 5256 section 4) and ESEARCH (RFC 9051 section 7.3.4) responses.</summary>
internal static class SearchResponse
{
    public static ValueTask WriteSearchAsync(ImapConnection connection, SearchAnswer answer) => WriteAsync(connection, "* SEARCH"u8.ToArray(), answer);

    public static ValueTask WriteSortAsync(ImapConnection connection, SearchAnswer answer) => WriteAsync(connection, "* SORT"u8.ToArray(), answer);

    public static async ValueTask WriteExtendedAsync(
        ImapConnection connection, ReadOnlyMemory<byte> tag, SearchOptions options, SearchAnswer answer, SearchedMailbox? mailbox = null)
    {
        var writer = connection.Writer;
        var numbers = answer.Numbers;
        connection.IsInResponse = true;
        Begin(writer, tag.Span, answer.ByUid, mailbox);
        if (numbers.Length > 0)
        {
            if (options.Has(SearchReturn.Min))
                Item(writer, " MIN "u8, numbers[0]);
            if (options.Has(SearchReturn.Max))
                Item(writer, " MAX "u8, numbers[^1]);
            if (options.Has(SearchReturn.All))
            {
                writer.Raw(" ALL "u8);
                await WriteSetAsync(writer, numbers, 0, numbers.Length).ConfigureAwait(false);
            }
        }

        if (options.Has(SearchReturn.Count))
            Item(writer, " COUNT "u8, numbers.Length);
        var (from, to) = (0, numbers.Length);
        if (options.Has(SearchReturn.Partial))
        {
            (from, to) = options.Partial.Of(numbers.Length);
            writer.Raw(" PARTIAL ("u8);
            Range(writer, options.Partial);
            writer.Space();
            if (from == to)
                writer.Nil();
            else
                await WriteSetAsync(writer, numbers, from, to).ConfigureAwait(false);
            writer.Raw(")"u8);
        }

        if (answer.Scores is { } scores && from < to)
            await WriteScoresAsync(writer, scores, from, to).ConfigureAwait(false);
        if (answer.ModSeq is { } value)
        {
            writer.Raw(" MODSEQ "u8);
            writer.ModSeq(value);
        }

        writer.Crlf();
        connection.IsInResponse = false;
    }

    /// <summary>Everything up to the first item: <c>* ESEARCH (TAG "tag") UID</c>.</summary>
    public static void Begin(ImapWriter writer, ReadOnlySpan<byte> tag, bool byUid, SearchedMailbox? mailbox = null)
    {
        writer.Raw("* ESEARCH (TAG "u8);
        writer.String(tag);
        if (mailbox is not null)
        {
            writer.Raw(" MAILBOX "u8);
            writer.Mailbox(mailbox.Name);
            writer.Raw(" UIDVALIDITY "u8);
            writer.Number(mailbox.UidValidity.Value);
        }

        writer.Raw(byUid ? ") UID"u8 : ")"u8);
    }

    /// <summary>
    /// Numbers in their order as a sequence-set. Only what ascends by one becomes a range: <c>12:10</c> would be read as <c>10:12</c>
    /// (RFC 5267 section 3.2).
    /// </summary>
    public static async ValueTask WriteSetAsync(ImapWriter writer, uint[] numbers, int from, int to)
    {
        for (var at = from; at < to;)
        {
            at = WriteRanges(writer, numbers, at, from, to);
            if (writer.ShouldFlush)
                await writer.FlushAsync().ConfigureAwait(false);
        }
    }

    private static int WriteRanges(ImapWriter writer, uint[] numbers, int at, int start, int end)
    {
        while (at < end && !writer.ShouldFlush)
        {
            var last = at;
            while (last + 1 < end && numbers[last + 1] == numbers[last] + 1)
                last++;
            var text = new SpanText(writer.Output.GetSpan(24));
            if (at > start)
                text.Append((byte)',');
            text.Append(numbers[at]);
            if (last > at)
            {
                text.Append((byte)':');
                text.Append(numbers[last]);
            }

            writer.Output.Advance(text.Length);
            at = last + 1;
        }

        return at;
    }

    private static async ValueTask WriteAsync(ImapConnection connection, byte[] name, SearchAnswer answer)
    {
        var writer = connection.Writer;
        connection.IsInResponse = true;
        writer.Raw(name);
        for (var at = 0; at < answer.Numbers.Length;)
        {
            at = WriteNumbers(writer, answer.Numbers, at);
            if (writer.ShouldFlush)
                await writer.FlushAsync().ConfigureAwait(false);
        }

        if (answer.ModSeq is { } value)
        {
            writer.Raw(" (MODSEQ "u8);
            writer.ModSeq(value);
            writer.Raw(")"u8);
        }

        writer.Crlf();
        connection.IsInResponse = false;
    }

    private static int WriteNumbers(ImapWriter writer, uint[] numbers, int at)
    {
        for (; at < numbers.Length && !writer.ShouldFlush; at++)
        {
            var text = new SpanText(writer.Output.GetSpan(12));
            text.Append((byte)' ');
            text.Append(numbers[at]);
            writer.Output.Advance(text.Length);
        }

        return at;
    }

    private static async ValueTask WriteScoresAsync(ImapWriter writer, byte[] scores, int from, int to)
    {
        writer.Raw(" RELEVANCY ("u8);
        for (var i = from; i < to; i++)
        {
            if (i > from)
                writer.Space();
            writer.Number(scores[i]);
            if (writer.ShouldFlush)
                await writer.FlushAsync().ConfigureAwait(false);
        }

        writer.Raw(")"u8);
    }

    // 500:400 is the same range as 400:500 (RFC 5267 section 6): whoever asked for one gets one spelling, the nearer end first
    private static void Range(ImapWriter writer, PartialRange range)
    {
        var sign = range.FromEnd ? "-"u8 : ""u8;
        Item(writer, sign, range.First);
        writer.Raw(":"u8);
        Item(writer, sign, range.Last);
    }

    private static void Item(ImapWriter writer, ReadOnlySpan<byte> name, long value)
    {
        writer.Raw(name);
        writer.Number(value);
    }
}
