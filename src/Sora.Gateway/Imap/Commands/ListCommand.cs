using Sora.Contracts;
using Sora.Gateway.Imap.Listing;
using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Commands;

/// <summary>LIST with the options of LIST-EXTENDED, LIST-STATUS, LIST-MYRIGHTS and SPECIAL-USE (RFC 9051 section 6.3.9).</summary>
internal sealed class ListCommand(string reference, List<string> patterns, ListOptions options, bool isExtended) : ImapCommand
{
    private const int MaxPatterns = 100;

    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        var options = new ListOptions();
        var isExtended = false;
        parser.Space();
        if (parser.Peek((byte)'('))
        {
            options.ParseSelection(ref parser);
            isExtended = true;
            parser.Space();
        }

        var reference = parser.MailboxReference();
        parser.Space();
        var patterns = new List<string>();
        if (parser.TryByte((byte)'('))
        {
            isExtended = true;
            do
            {
                if (patterns.Count == MaxPatterns)
                    throw parser.Error($"at most {MaxPatterns} patterns");
                patterns.Add(parser.ListMailbox());
            }
            while (parser.TrySpace());
            parser.Close();
        }
        else
        {
            patterns.Add(parser.ListMailbox());
        }

        if (parser.TrySpace())
        {
            options.ParseReturn(ref parser);
            isExtended = true;
        }

        return new ListCommand(reference, patterns, options, isExtended);
    }

    public override async ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (!isExtended && patterns[0].Length == 0)
        {
            ListResponse.WriteRoot(connection.Writer, isLsub: false);
            return ImapReply.Ok("LIST completed");
        }

        var list = await connection.Directory.ListAsync(cancellationToken).ConfigureAwait(false);
        var listed = MailboxListing.List(list, [.. patterns.Select(pattern => new MailboxPattern(reference, pattern))], options);
        var statuses = await StatusesAsync(connection, listed, cancellationToken).ConfigureAwait(false);
        var rights = options.ReturnMyRights ? await connection.Directory.ForeignRightsAsync(cancellationToken).ConfigureAwait(false) : null;
        var metadata = await MetadataLookup.OfListAsync(connection, listed, options.ReturnMetadata, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < listed.Count; i++)
        {
            var mailbox = listed[i];
            ListResponse.Write(connection.Writer, Shown(connection, mailbox), mailbox.Name.Value, mailbox.ChildInfo);
            if (mailbox.Entry is { } entry && rights is not null)
                AclResponses.WriteMyRights(connection.Writer, mailbox.Name, rights.GetValueOrDefault(entry.Id, Rights.All));
            if (mailbox.Entry is not null && statuses?.GetValueOrDefault(mailbox.Entry.Id) is { } status)
                StatusItems.Write(connection, mailbox.Name.Value, status, options.ReturnStatus!);
            if (mailbox.Entry is not null && metadata?.GetValueOrDefault(mailbox.Entry.Id) is { } found)
                MetadataResponse.Write(connection.Writer, mailbox.Name.Value, found);
            if (connection.Writer.ShouldFlush)
                await connection.Writer.FlushAsync().ConfigureAwait(false);
        }

        return ImapReply.Ok("LIST completed");
    }

    private async ValueTask<Dictionary<MailboxId, MailboxStatus>?> StatusesAsync(
        ImapConnection connection, IReadOnlyList<ListedMailbox> listed, CancellationToken cancellationToken)
    {
        if (options.ReturnStatus is not { } items)
            return null;
        if (items.Contains(StatusItem.HighestModSeq))
            connection.EnableCondStore();
        var ids = listed.Where(static mailbox => mailbox.Entry is not null).Select(static mailbox => mailbox.Entry!.Id);
        return await connection.Directory.StatusesAsync(ids, items.Contains(StatusItem.Recent), cancellationToken).ConfigureAwait(false);
    }

    // A client of the base protocol knows \Noselect only
    private ListAttributes Shown(ImapConnection connection, ListedMailbox mailbox) =>
        mailbox.Entry is null && !isExtended && !connection.Session.Rev2
            ? mailbox.Attributes with { Flags = (mailbox.Attributes.Flags & ~MailboxAttributes.NonExistent) | MailboxAttributes.NoSelect }
            : mailbox.Attributes;
}
