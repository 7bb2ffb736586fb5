using Sora.Contracts;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

internal enum ReplyStatus
{
    Ok,
    No,
    Bad,

    /// <summary>The command has answered by itself.</summary>
    None,
}

/// <summary>The tagged answer to a command.</summary>
internal readonly record struct ImapReply(ReplyStatus Status, string Text, ResponseCode? Code = null)
{
    public static readonly ImapReply Answered = new(ReplyStatus.None, "");

    public static ImapReply Ok(string text, ResponseCode? code = null) => new(ReplyStatus.Ok, text, code);

    public static ImapReply No(string text, ResponseCode? code = null) => new(ReplyStatus.No, text, code);

    public static ImapReply No(MailError error) => new(ReplyStatus.No, error.Text, ResponseCode.Of(error.Code));

    public static ImapReply Bad(string text, ResponseCode? code = null) => new(ReplyStatus.Bad, text, code);

    /// <summary>The answer to a command that could not be parsed.</summary>
    public static ImapReply Of(ImapSyntaxException e) => e.Refusal is { } refusal ? No(refusal) : Bad(e.Message, e.Code);

    public void Write(ImapWriter writer, ReadOnlySpan<byte> tag)
    {
        writer.Raw(tag);
        writer.Raw(Status switch
        {
            ReplyStatus.Ok => " OK "u8,
            ReplyStatus.No => " NO "u8,
            _ => " BAD "u8,
        });
        WriteText(writer);
    }

    /// <summary>As an untagged response.</summary>
    public void WriteUntagged(ImapWriter writer) => Write(writer, "*"u8);

    private void WriteText(ImapWriter writer)
    {
        if (Code is not null)
        {
            writer.Raw("["u8);
            Code.Write(writer);
            writer.Raw("] "u8);
        }

        writer.Text(Text);
        writer.Crlf();
    }
}
