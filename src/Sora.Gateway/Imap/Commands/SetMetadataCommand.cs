using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Sieve.Mailboxes;

namespace Sora.Gateway.Imap.Commands;

/// <summary>SETMETADATA (RFC 5464 section 4.3): all entries or none.</summary>
/// <param name="name">Null for the server's annotations.</param>
internal sealed class SetMetadataCommand(MailboxName? name, List<MetadataEntry> entries) : ImapCommand
{
    public static ImapCommand Parse(ref ImapParser parser, ParseContext context)
    {
        parser.Space();
        var name = parser.MailboxOrServer();
        parser.Space();
        parser.Open();
        var entries = new List<MetadataEntry>();
        do
        {
            if (entries.Count == ImapParser.MaxMetadataEntries)
                throw parser.Error($"at most {ImapParser.MaxMetadataEntries} entries");
            var entry = parser.MetadataEntryName();
            if (!CanHaveValue(entry))
                throw parser.Error("an entry below /private or /shared, below a vendor's name there");
            parser.Space();
            entries.Add(new MetadataEntry(entry, parser.MetadataValue()));
        }
        while (parser.TrySpace());
        parser.Close();
        return new SetMetadataCommand(name, entries);
    }

    public override ValueTask<ImapReply> ExecuteAsync(ImapConnection connection, CancellationToken cancellationToken) =>
        name is { } mailbox ? SetMailboxAsync(connection, mailbox, cancellationToken) : SetServerAsync(connection, cancellationToken);

    private ValueTask<ImapReply> SetServerAsync(ImapConnection connection, CancellationToken cancellationToken)
    {
        if (entries.Exists(static entry => Is(entry, MetadataLookup.AdminEntry)))
            return new(ImapReply.No("This entry cannot be set by clients", ResponseCode.Of(MailErrorCode.NoPerm)));
        if (WhyNoScript(connection) is { } noScript)
            return new(noScript);
        return !connection.IsAdministrator && entries.Exists(static entry => !entry.IsPrivate)
            ? new(ImapReply.No("Only an administrator may set the server's shared annotations", ResponseCode.Of(MailErrorCode.NoPerm)))
            : WriteAsync(connection, default, entries, use: null, cancellationToken);
    }

    private async ValueTask<ImapReply> SetMailboxAsync(ImapConnection connection, MailboxName mailbox, CancellationToken cancellationToken)
    {
        var toShare = entries.Exists(static entry => !entry.IsPrivate);
        var found = await MetadataLookup.FindAsync(connection, mailbox, toShare, cancellationToken).ConfigureAwait(false);
        if (!found.IsOk)
            return ImapReply.No(found.Error);
        var target = found.Value;
        if (WhyNoScript(connection, target) is { } noScript)
            return noScript;
        if (entries.FindLast(static entry => Is(entry, MetadataWrite.SpecialUseEntry)) is not { } special)
            return await WriteAsync(connection, target.Id, entries, use: null, cancellationToken).ConfigureAwait(false);
        if (UseOf(special.Value) is not { } use || target.Account.Id != connection.Account.Id)
            return ImapReply.No("The mailbox cannot have this special use", ResponseCode.Of(MailErrorCode.UseAttr));
        var others = entries.FindAll(static entry => !Is(entry, MetadataWrite.SpecialUseEntry));
        return await WriteAsync(connection, target.Id, others, use, cancellationToken).ConfigureAwait(false);
    }

    // The script runs with the rights of the mailbox's owner, so who chooses it needs more than the right to set flags. Whether there is a script by that name is seen when one is
    // to run (RFC 6785 section 2.3.1)
    private ImapReply? WhyNoScript(ImapConnection connection, MailboxTarget? target = null)
    {
        if (connection.Server.Scripts?.Url is null || entries.FindLast(static entry => Is(entry, EventBindings.Entry)) is not { } entry)
            return null;
        if (target is not null && !target.May(Rights.Administer))
            return ImapReply.No("Only who may administrate a mailbox may give it a script", ResponseCode.Of(MailErrorCode.NoPerm));
        return EventBindings.IsUsable(entry.Value) ? null : ImapReply.No("The value cannot be the name of a script", ResponseCode.Of(MailErrorCode.Cannot));
    }

    private static async ValueTask<ImapReply> WriteAsync(
        ImapConnection connection, MailboxId mailbox, List<MetadataEntry> written, SpecialUse? use, CancellationToken cancellationToken)
    {
        // The session itself is not told of what it changes under this name
        var operation = OperationId.New();
        if (connection.Session.MetadataNews is { } news)
            news.Own = operation;
        var write = new MetadataWrite(connection.Account.Id, mailbox, written, operation, use);
        var result = await connection.Server.Metadata.WriteAsync(write, cancellationToken).ConfigureAwait(false);
        if (!result.IsOk)
            return ImapReply.No(result.Error);
        return result.Value.Outcome switch
        {
            MetadataOutcome.TooLarge => ImapReply.No("Value is too large", new MetadataCode("MAXSIZE", result.Value.Limit)),
            MetadataOutcome.TooMany => ImapReply.No("Too many annotations", new MetadataCode("TOOMANY")),
            _ => ImapReply.Ok("SETMETADATA completed"),
        };
    }

    // RFC 5464 section 3.2: two components at least, four where a vendor's begin
    private static bool CanHaveValue(string entry)
    {
        var components = entry.Split('/');
        return components.Length > (components.Length > 2 && components[2].Equals("vendor", StringComparison.OrdinalIgnoreCase) ? 4 : 2);
    }

    private static bool Is(MetadataEntry entry, string name) => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    // A space-separated list as in LIST; null for what no mailbox can be
    private static SpecialUse? UseOf(byte[]? value)
    {
        var names = Encoding.UTF8.GetString(value ?? []).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return names switch
        {
            [] => SpecialUse.None,
            [['\\', .. var use]] => ListAttributes.UseOf(use),
            _ => null,
        };
    }
}
