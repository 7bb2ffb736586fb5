using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Listing;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Metadata;

/// <summary>Finds annotations for GETMETADATA and LIST, those that are stored and those that are computed.</summary>
internal static class MetadataLookup
{
    /// <summary>How to reach the administrator, a read-only annotation of the server (RFC 5464 section 3.2.1.1).</summary>
    public const string AdminEntry = "/shared/admin";

    // RFC 5464 section 3.3: "l" and any of these
    internal const Rights Any = Rights.Read | Rights.KeepSeen | Rights.Write | Rights.Insert | Rights.Post;

    /// <summary>The mailbox, if the user may see its annotations. Changing shared ones needs the right to change what others see, too.</summary>
    public static async ValueTask<MailResult<MailboxTarget>> FindAsync(
        ImapConnection connection, MailboxName name, bool toShare, CancellationToken cancellationToken)
    {
        var found = await connection.Directory.FindAsync(name, toShare ? Rights.Lookup | Rights.Write : Rights.Lookup, cancellationToken)
            .ConfigureAwait(false);
        return found.IsOk && (found.Value.Rights & Any) == Rights.None
            ? new MailError(MailErrorCode.NoPerm, "You may not see this mailbox's annotations")
            : found;
    }

    /// <summary>The annotations of a mailbox, or of the server when there is none.</summary>
    public static async ValueTask<MailResult<MetadataAnswer>> ReadAsync(
        ImapConnection connection,
        MailboxTarget? target,
        IReadOnlyList<string> entries,
        MetadataDepth depth,
        long maxSize,
        CancellationToken cancellationToken)
    {
        var query = new MetadataQuery(connection.Account.Id, target is null ? [] : [target.Id], entries, depth, maxSize);
        var stored = await connection.Server.Metadata.ReadAsync(query, cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk)
            return stored.Error;
        var answer = new MetadataAnswer(entries, depth, maxSize);
        if (target is null)
            answer.AddComputed(AdminEntry, Bytes(connection.Server.Options.AdminContact));
        else if (target.Account.Id == connection.Account.Id)
            answer.AddComputed(MetadataWrite.SpecialUseEntry, Bytes(TextOf(target.Entry.SpecialUse)));
        foreach (var annotation in stored.Value)
            answer.Add(annotation);
        return answer;
    }

    /// <summary>LIST RETURN (METADATA …), RFC 9590: by mailbox; null when it was not asked for or cannot be had now.</summary>
    public static async ValueTask<Dictionary<MailboxId, IReadOnlyList<MetadataEntry>>?> OfListAsync(
        ImapConnection connection, IReadOnlyList<ListedMailbox> listed, List<string>? entries, CancellationToken cancellationToken)
    {
        if (entries is null)
            return null;
        var answers = new Dictionary<MailboxId, MetadataAnswer>();
        var foreign = await connection.Directory.ForeignRightsAsync(cancellationToken).ConfigureAwait(false);
        foreach (var mailbox in listed)
        {
            if (mailbox.Entry is null || (foreign.TryGetValue(mailbox.Entry.Id, out var rights) && (rights & Any) == Rights.None))
                continue;
            var answer = answers[mailbox.Entry.Id] = new MetadataAnswer(entries, MetadataDepth.Zero, long.MaxValue);
            answer.AddComputed(MetadataWrite.SpecialUseEntry, Bytes(TextOf(mailbox.Entry.SpecialUse)));
        }

        if (answers.Count == 0)
            return null;
        var query = new MetadataQuery(connection.Account.Id, [.. answers.Keys], entries, MetadataDepth.Zero, long.MaxValue);
        var stored = await connection.Server.Metadata.ReadAsync(query, cancellationToken).ConfigureAwait(false);
        if (!stored.IsOk)
            return null;
        foreach (var annotation in stored.Value)
            answers[annotation.Mailbox].Add(annotation);
        return answers.ToDictionary(static answer => answer.Key, static answer => answer.Value.Entries());
    }

    private static string? TextOf(SpecialUse use) => use == SpecialUse.None ? null : "\\" + ListAttributes.NameOf(use);

    private static byte[]? Bytes(string? text) => string.IsNullOrEmpty(text) ? null : Encoding.UTF8.GetBytes(text);
}
