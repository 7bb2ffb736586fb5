namespace Sora.Sieve;

/// <summary>A host that knows an account with an INBOX and nothing else; others override what they know.</summary>
public class SieveHost : ISieveHost
{
    /// <inheritdoc/>
    public virtual IReadOnlyList<string> Addresses => [];

    /// <inheritdoc/>
    public virtual char DetailSeparator => '+';

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
    public virtual ValueTask<bool> IsListValidAsync(string list, CancellationToken cancellationToken) => new(false);

    /// <inheritdoc/>
    public virtual ValueTask<bool?> IsInListAsync(string list, string value, CancellationToken cancellationToken) => new((bool?)null);

    /// <inheritdoc/>
    public virtual ValueTask<IReadOnlyList<string>?> GetListAsync(string list, CancellationToken cancellationToken) =>
        new((IReadOnlyList<string>?)null);

    /// <inheritdoc/>
    public virtual string? GetEnvironment(string item) => null;

    /// <inheritdoc/>
    public virtual bool IsNotifyMethodValid(string uri) => MailtoUri.TryParse(uri, out _);

    /// <inheritdoc/>
    public virtual ValueTask<string?> GetNotifyCapabilityAsync(string uri, string capability, CancellationToken cancellationToken) =>
        new((string?)null);

    /// <inheritdoc/>
    public virtual SieveCheck? GetCheck(SieveCheckKind kind, SieveMessage message) => null;
}
