using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Imap.Metadata;
using Sora.Gateway.Imap.Responses;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>A question of a script that cannot be answered now: the message is to come again.</summary>
internal sealed class ScriptsUnavailableException(MailError error) : Exception(error.Text)
{
    public MailError Error => error;
}

/// <summary>Answers the scripts of one recipient during one delivery.</summary>
internal sealed class DeliveryHost(
    ScriptPorts ports, IAccount account, DeliveryRecipient recipient, DeliveryMailboxes mailboxes, IReadOnlyList<string> addresses, ScriptEnvironment environment)
    : SieveHost
{
    // Of an annotation a script sees no more; longer ones are as good as not there
    private const long MaxAnnotation = 64 * 1024;

    private Dictionary<string, SieveList?>? _lists;

    public override IReadOnlyList<string> Addresses => addresses;

    public override string DetailSeparators => ports.DetailSeparators;

    public override TimeZoneInfo TimeZone => ports.TimeZone;

    public override async ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken) =>
        await mailboxes.FindToStoreAsync(mailbox, cancellationToken) is not null;

    public override async ValueTask<bool> MailboxIdExistsAsync(string mailboxId, CancellationToken cancellationToken) =>
        await mailboxes.FindByIdAsync(mailboxId, cancellationToken) is not null;

    public override async ValueTask<bool> SpecialUseExistsAsync(string? mailbox, string specialUse, CancellationToken cancellationToken) =>
        await mailboxes.FindByUseAsync(specialUse, cancellationToken) is { } target
        && (mailbox is null || (await mailboxes.FindAsync(mailbox, cancellationToken))?.Name == target.Name);

    public override async ValueTask<string?> GetMetadataAsync(string? mailbox, string entry, CancellationToken cancellationToken)
    {
        MailboxTarget? target = null;
        if (mailbox is not null)
        {
            target = await mailboxes.FindAsync(mailbox, cancellationToken);
            if (target is null || !target.May(Rights.Lookup) || (target.Rights & MetadataLookup.Any) == Rights.None)
                return null;
            if (target.IsOwn && target.Entry.SpecialUse != SpecialUse.None && entry.Equals(MetadataWrite.SpecialUseEntry, StringComparison.OrdinalIgnoreCase))
                return "\\" + ListAttributes.NameOf(target.Entry.SpecialUse);
        }
        else if (ports.AdminContact.Length > 0 && entry.Equals(MetadataLookup.AdminEntry, StringComparison.OrdinalIgnoreCase))
        {
            return ports.AdminContact;
        }

        if (ports.Metadata is null)
            return null;
        var query = new MetadataQuery(account.Id, target is null ? [] : [target.Id], [entry], MetadataDepth.Zero, MaxAnnotation);
        var found = await ports.Metadata.ReadAsync(query, cancellationToken);
        if (!found.IsOk)
            throw new ScriptsUnavailableException(found.Error);
        return found.Value is [{ Value: { } value }, ..] ? Encoding.UTF8.GetString(value) : null;
    }

    public override async ValueTask<bool> IsDuplicateAsync(string handle, string id, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        if (ports.History is null)
            return false;
        var answer = await ports.History.IsDuplicateAsync(account.Id, handle, id, cancellationToken);
        return answer.IsOk ? answer.Value : throw new ScriptsUnavailableException(answer.Error);
    }

    public override ValueTask<SieveCompilation?> GetScriptAsync(string name, bool isGlobal, CancellationToken cancellationToken) =>
        ports.Library.FindIncludedAsync(account.Id, name, isGlobal, cancellationToken);

    public override async ValueTask<bool> IsListValidAsync(string list, CancellationToken cancellationToken) => await FindListAsync(list, cancellationToken) is not null;

    public override async ValueTask<bool?> IsInListAsync(string list, string value, CancellationToken cancellationToken) =>
        (await FindListAsync(list, cancellationToken))?.TryFind(value, out _);

    public override async ValueTask<string> GetListValueAsync(string list, string value, CancellationToken cancellationToken) =>
        await FindListAsync(list, cancellationToken) is { } found && found.TryFind(value, out var member) ? member : value;

    public override async ValueTask<IReadOnlyList<string>?> GetListAsync(string list, CancellationToken cancellationToken) =>
        await FindListAsync(list, cancellationToken) is { } found ? [.. found.Members] : null;

    // A list that cannot be asked now is like a script that cannot be read now (RFC 6134 section 4): the message comes again
    private async ValueTask<SieveList?> FindListAsync(string list, CancellationToken cancellationToken)
    {
        if (ports.Lists is null)
            return list == SieveListName.DefaultAddressBook ? SieveList.Empty : null;
        if (_lists is not null && _lists.TryGetValue(list, out var known))
            return known;
        var primary = recipient.PrimaryAddress;
        var found = await ports.Lists.FindAsync(account.Id, primary[(primary.LastIndexOf('@') + 1)..], list, cancellationToken);
        if (!found.IsOk)
            throw new ScriptsUnavailableException(found.Error);
        return (_lists ??= new(StringComparer.Ordinal))[list] = found.Value; // one answer for a whole run, whoever changes the list
    }

    public override string? GetEnvironment(string item) => environment.Get(item, recipient.PrimaryAddress);

    public override SieveCheck? GetCheck(SieveCheckKind kind, SieveMessage message) => ports.Checks.Get(kind, message);
}
