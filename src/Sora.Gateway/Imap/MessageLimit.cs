using Sora.Contracts;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap;

/// <summary>
/// The number of messages that one command works on (RFC 9738). A command that can do a part of its work does it for the highest UIDs and says
/// where it stopped, so that the client goes on below; one that does all or nothing is refused.
/// </summary>
internal static class MessageLimit
{
    /// <summary>Whether so many messages are too many for one command.</summary>
    public static bool IsAbove(ImapConnection connection, long messages) =>
        connection.Server.Options.MessageLimit is > 0 and var limit && messages > limit;

    /// <summary>Whether so many messages are too many to be stored by one command (SAVELIMIT counts too).</summary>
    public static bool IsAboveSave(ImapConnection connection, long messages) =>
        IsAbove(connection, messages) || (connection.Server.Options.SaveLimit is > 0 and var limit && messages > limit);

    /// <summary>The code of a refusal. <paramref name="uids"/> are the messages that were asked for, if they have UIDs.</summary>
    public static ResponseCode Code(ImapConnection connection, UidSet uids = default)
    {
        var options = connection.Server.Options;
        var limit = options.MessageLimit > 0 ? options.MessageLimit : options.SaveLimit;
        return new MessageLimitCode(limit, uids.IsEmpty ? 0 : Last(uids, limit).Ranges[0].First);
    }

    /// <summary>The messages to work on. <paramref name="code"/> goes into the answer when they are not all.</summary>
    public static UidSet Highest(ImapConnection connection, UidSet uids, out ResponseCode? code)
    {
        code = null;
        var limit = connection.Server.Options.MessageLimit;
        if (limit == 0 || connection.Selected.View.Count <= limit)
            return uids;
        var existing = connection.Selected.View.Existing(uids);
        if (existing.Count <= limit)
            return uids;
        var highest = Last(existing, limit);
        code = new MessageLimitCode(limit, highest.Ranges[0].First);
        return highest;
    }

    /// <summary>The answer of a command that did a part of its work: beside another code, MESSAGELIMIT comes in an untagged NO.</summary>
    public static ImapReply Answer(ImapConnection connection, ImapReply reply, ResponseCode? code)
    {
        if (code is null || reply.Status != ReplyStatus.Ok)
            return reply;
        if (reply.Code is null)
            return reply with { Code = code };
        ImapReply.No("Not all messages were processed", code).WriteUntagged(connection.Writer);
        return reply;
    }

    private static UidSet Last(UidSet uids, int limit) => new PartialRange(1, (uint)limit, FromEnd: true).Of(uids);
}
