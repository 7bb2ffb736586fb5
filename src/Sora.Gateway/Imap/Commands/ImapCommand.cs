using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>A parsed command. It owns its data: the bytes it came from are gone when it runs.</summary>
internal abstract class ImapCommand
{
    /// <summary>Whether the client may be told before the command runs what others have changed until then.</summary>
    public virtual bool ReportsFirst => true;

    /// <summary>Names of mailboxes that the command creates, deletes, renames or subscribes: NOTIFY does not tell them as news.</summary>
    public virtual IReadOnlyList<Contracts.MailboxName> ChangedNames => [];

    /// <summary>Writes the untagged responses and gives the tagged one.</summary>
    public abstract ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken);
}

/// <summary>What a command's parser may need to know besides the text.</summary>
/// <param name="ByUid">The command came as UID FETCH, UID STORE, and so on.</param>
/// <param name="Message">APPEND: the literal with the message.</param>
internal readonly record struct ParseContext(bool ByUid, MessageLiteral Message);

/// <summary>Parses a command's arguments, beginning with the space before them, up to the end of the command.</summary>
internal delegate ImapCommand CommandParser(ref ImapParser parser, ParseContext context);
