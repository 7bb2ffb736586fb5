using System.Globalization;
using Sora.Contracts;
using Sora.Gateway.Imap;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Sieve;

/// <summary>The mailboxes that a recipient's scripts can name: the recipient's own, and those of others that let the recipient put messages into them.</summary>
internal sealed class DeliveryMailboxes(ScriptPorts ports, IAccount account)
{
    // Delivering is either: by the address of the mailbox (RFC 4314 section 2.1, "p"), or by the recipient's own script
    private const Rights AnyToStore = Rights.Insert | Rights.Post;

    private readonly MailboxDirectory _directory = new(account, ports.Accounts, ports.Sharing, ports.Namespaces);

    /// <summary>The mailbox of that name that the recipient can look up; null when there is none.</summary>
    public async ValueTask<MailboxTarget?> FindAsync(MailboxName name, CancellationToken cancellationToken)
    {
        var found = await _directory.FindAsync(name, Rights.None, cancellationToken);
        return found.IsOk ? found.Value : null;
    }

    /// <summary>The mailbox of that name if messages can be put into it (RFC 5490 section 3.1).</summary>
    public async ValueTask<MailboxTarget?> FindToStoreAsync(MailboxName name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is { } target && MayStore(target) ? target : null;

    /// <summary>As <see cref="FindToStoreAsync(MailboxName, CancellationToken)"/>, of a name as a script has it.</summary>
    public async ValueTask<MailboxTarget?> FindToStoreAsync(string name, CancellationToken cancellationToken) =>
        await FindAsync(name, cancellationToken) is { } target && MayStore(target) ? target : null;

    /// <summary>The mailbox that a script names; null when there is none.</summary>
    public async ValueTask<MailboxTarget?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (MailboxName.Parse(name) is { IsOk: true } parsed && await FindAsync(parsed.Value, cancellationToken) is { } target)
            return target;
        return ScriptMailboxName.Translate(name, ports.Options) is { } meant ? await FindAsync(meant, cancellationToken) : null;
    }

    /// <summary>The name that a mailbox gets which a script has created.</summary>
    public MailResult<MailboxName> NameOf(string name) => ScriptMailboxName.Translate(name, ports.Options) is { } meant ? meant : MailboxName.Parse(name);

    /// <summary>The recipient's mailbox with that object id (RFC 9042).</summary>
    public async ValueTask<MailboxTarget?> FindByIdAsync(string objectId, CancellationToken cancellationToken)
    {
        if (objectId is not ['F', >= '1' and <= '9', ..] || !long.TryParse(objectId.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return null;
        foreach (var entry in (await account.ListAsync(cancellationToken)).Mailboxes)
        {
            if (entry.Id.Value == number)
                return Own(entry);
        }

        foreach (var entry in (await _directory.ListAsync(cancellationToken)).Mailboxes)
        {
            if (entry.Id.Value == number)
                return await FindToStoreAsync(entry.Name, cancellationToken);
        }

        return null;
    }

    /// <summary>The recipient's mailbox with that special use, given with its backslash (RFC 8579).</summary>
    public async ValueTask<MailboxTarget?> FindByUseAsync(string attribute, CancellationToken cancellationToken)
    {
        if (UseOf(attribute) is not { } use)
            return null;
        foreach (var entry in (await account.ListAsync(cancellationToken)).Mailboxes)
        {
            if (entry.SpecialUse == use)
                return Own(entry);
        }

        return null;
    }

    /// <summary>Creates a mailbox; one that somebody else has created meanwhile is as good.</summary>
    public async ValueTask<MailResult<MailboxTarget>> CreateAsync(MailboxName name, string? specialUse, CancellationToken cancellationToken)
    {
        var use = specialUse is null ? SpecialUse.None : UseOf(specialUse) ?? SpecialUse.None;
        var created = await _directory.CreateAsync(name, use, cancellationToken);
        if (created.IsOk && ports.Options.SubscribeCreated)
            await _directory.SubscribeAsync(name, subscribed: true, cancellationToken);
        if (!created.IsOk && created.Error.Code != MailErrorCode.AlreadyExists)
            return created.Error;
        return await FindToStoreAsync(name, cancellationToken) is { } target ? target : MailError.NoSuchMailbox();
    }

    /// <summary>The special use that an attribute such as <c>\Junk</c> names; null for others.</summary>
    public static SpecialUse? UseOf(string attribute) => attribute.StartsWith('\\') ? ListAttributes.UseOf(attribute[1..]) : null;

    private static bool MayStore(MailboxTarget target) => target.IsOwn || (target.Rights & AnyToStore) != Rights.None;

    private MailboxTarget Own(MailboxEntry entry) => new(account, entry, entry.Name, Rights.All);
}
