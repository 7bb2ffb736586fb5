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

    public override IReadOnlyList<string> Addresses => addresses;

    public override string DetailSeparators => ports.DetailSeparators;

    public override TimeZoneInfo TimeZone => ports.TimeZone;

    public override async ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken) =>
        MailboxName.Parse(mailbox) is { IsOk: true } name && await mailboxes.FindToStoreAsync(name.Value, cancellationToken) is not null;

    public override async ValueTask<bool> MailboxIdExistsAsync(string mailboxId, CancellationToken cancellationToken) =>
        await mailboxes.FindByIdAsync(mailboxId, cancellationToken) is not null;

    public override async ValueTask<bool> SpecialUseExistsAsync(string? mailbox, string specialUse, CancellationToken cancellationToken) =>
        await mailboxes.FindByUseAsync(specialUse, cancellationToken) is { } target
        && (mailbox is null || (MailboxName.Parse(mailbox) is { IsOk: true } name && name.Value == target.Name));

    public override async ValueTask<string?> GetMetadataAsync(string? mailbox, string entry, CancellationToken cancellationToken)
    {
        MailboxTarget? target = null;
        if (mailbox is not null)
        {
            if (MailboxName.Parse(mailbox) is not { IsOk: true } name)
                return null;
            target = await mailboxes.FindAsync(name.Value, cancellationToken);
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

    public override ValueTask<bool> IsListValidAsync(string list, CancellationToken cancellationToken) => new(false);

    public override ValueTask<bool?> IsInListAsync(string list, string value, CancellationToken cancellationToken) => new((bool?)null);

    public override string? GetEnvironment(string item) => environment.Get(item, recipient.PrimaryAddress);

    public override SieveCheck? GetCheck(SieveCheckKind kind, SieveMessage message) => ports.Checks.Get(kind, message);
}
