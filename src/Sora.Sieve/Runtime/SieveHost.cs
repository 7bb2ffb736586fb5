using Sora.Contracts;

namespace Sora.Sieve;

/// <summary>A host that knows an account with an INBOX and nothing else; others override what they know.</summary>
public class SieveHost : ISieveHost
{
    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Addresses => [];

    /// <inheritdoc/>
    public virtual string DetailSeparators => "+";

    /// <inheritdoc/>
    public virtual TimeZoneInfo TimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public virtual ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken) =>
        new(string.Equals(mailbox, "INBOX", StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    public virtual ValueTask<bool> MailboxIdExistsAsync(string mailboxId, CancellationToken cancellationToken) => new(false);

    /// <inheritdoc/>
    public virtual ValueTask<bool> SpecialUseExistsAsync(string? mailbox, string specialUse, CancellationToken cancellationToken) => new(false);

    /// <inheritdoc/>
    public virtual ValueTask<string?> GetMetadataAsync(string? mailbox, string entry, CancellationToken cancellationToken) => new((string?)null);

    /// <inheritdoc/>
    public virtual ValueTask<bool> IsDuplicateAsync(string handle, string id, TimeSpan lifetime, CancellationToken cancellationToken) => new(false);

    /// <inheritdoc/>
    public virtual ValueTask<SieveCompilation?> GetScriptAsync(string name, bool isGlobal, CancellationToken cancellationToken) =>
        new((SieveCompilation?)null);

    /// <inheritdoc/>
    public virtual ValueTask<bool> IsListValidAsync(string list, CancellationToken cancellationToken) => new(list == SieveListName.DefaultAddressBook);

    /// <summary>Nobody is in the default address book, which is always there (RFC 6134 section 2.5); there are no other lists.</summary>
    public virtual ValueTask<bool?> IsInListAsync(string list, string value, CancellationToken cancellationToken) =>
        new(list == SieveListName.DefaultAddressBook ? false : null);

    /// <inheritdoc/>
    public virtual ValueTask<string> GetListValueAsync(string list, string value, CancellationToken cancellationToken) => new(value);

    /// <inheritdoc/>
    public virtual ValueTask<IReadOnlyList<string>?> GetListAsync(string list, CancellationToken cancellationToken) =>
        new(list == SieveListName.DefaultAddressBook ? (IReadOnlyList<string>?)[] : null);

    /// <inheritdoc/>
    public virtual string? GetEnvironment(string item) => null;

    /// <inheritdoc/>
    public virtual bool IsNotifyMethodValid(string uri) => MailtoUri.TryParse(uri, out _);

    /// <summary>That mail is being read cannot be known (RFC 5436 section 2.2), and a copy of it can be kept (RFC 8580 section 6.1).</summary>
    public virtual ValueTask<string?> GetNotifyCapabilityAsync(string uri, string capability, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(uri);
        var isMail = uri.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase);
        return new(capability switch
        {
            "online" when isMail => "maybe",
            "fcc" => isMail ? "yes" : "no",
            _ => null,
        });
    }

    /// <inheritdoc/>
    public virtual SieveCheck? GetCheck(SieveCheckKind kind, SieveMessage message) => null;
}
