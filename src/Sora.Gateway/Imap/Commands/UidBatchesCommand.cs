using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>
/// UIDBATCHES (RFC 10022): cuts the mailbox into UID ranges with so many messages each, the newest first. Each range begins right below the one
/// before it, and the last one ends at UID 1, so that together they name every message there is.
/// </summary>
/// <param name="size">Messages in a batch.</param>
/// <param name="range">Which batches are wanted, counted from 1; null for all.</param>
internal sealed class UidBatchesCommand(uint size, (uint First, uint Last)? range) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var size = Number(ref parser);
        if (!parser.TrySpace())
            return new UidBatchesCommand(size, null);
        var first = Number(ref parser);
        if (!parser.TryByte((byte)':'))
            throw parser.Error("\":\"");
        return new UidBatchesCommand(size, (first, Number(ref parser)));
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        var options = connection.Server.Options;
        if (range is var (first, last) && last < first)
            return ImapReply.Bad("The first batch comes after the last one", ResponseCode.Of(MailErrorCode.ClientBug));
        if (size < options.MinUidBatch && (options.MessageLimit == 0 || size < options.MessageLimit))
            return ImapReply.No("The batches would be too small", new AtomCode("TOOFEW"));
        if (range is var (from, to) && ((long)to - from + 1) * size > options.MaxUidBatchMessages && to > from)
            return ImapReply.No("Too many batches at once", new AtomCode("TOOMANY"));
        await WriteAsync(connection, connection.Selected.View).ConfigureAwait(false);
        return ImapReply.Ok("UIDBATCHES completed");
    }

    private static uint Number(ref ImapParser parser) =>
        parser.Number() is > 0 and var number ? number : throw new ImapSyntaxException("Sizes and numbers of batches begin at 1", ResponseCode.Of(MailErrorCode.ClientBug)!);

    private async ValueTask WriteAsync(ImapConnection connection, MailboxIndex view)
    {
        var writer = connection.Writer;
        var limit = connection.Server.Options.MessageLimit;
        var each = (long)(limit > 0 ? Math.Min(size, (uint)limit) : size);
        connection.IsInResponse = true;
        writer.Raw("* UIDBATCHES (TAG "u8);
        writer.String(connection.Tag);
        writer.Raw(")"u8);
        var batch = range?.First ?? 1;
        var isFirst = true;
        var before = batch - 1 > view.Count / each ? view.Count : (batch - 1) * each; // messages in the batches that are not wanted
        for (var end = view.Count - before; end > 0 && batch <= (range?.Last ?? uint.MaxValue); end -= each, batch++)
        {
            var newest = batch == 1 ? view.UidAt((int)end - 1) : view.UidAt((int)end) - 1;
            var oldest = end > each ? view.UidAt((int)(end - each)) : 1;
            writer.Raw(isFirst ? " "u8 : ","u8);
            isFirst = false;
            writer.Number(newest);
            writer.Raw(":"u8);
            writer.Number(oldest);
            if (writer.ShouldFlush)
                await writer.FlushAsync().ConfigureAwait(false);
        }

        writer.Crlf();
        connection.IsInResponse = false;
    }
}
