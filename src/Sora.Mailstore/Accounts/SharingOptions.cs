using Sora.Configuration;

namespace Sora.Mailstore.Accounts;

[Section("Mailboxes that are used by others than their owner")]
public sealed class SharingOptions : IValidatableOptions
{
    [Option("Let mailboxes be shared with accounts of other domains; without it domains do not see each other")]
    public bool AcrossDomains { get; set; }

    [Option("Let mailboxes be shared with anyone in the domain", Reference = "RFC 4314 2")]
    public bool AllowAnyone { get; set; } = true;

    [Option("Who may create shared mailboxes at the top: addresses, @domain for everyone in it, or * for everyone; below a mailbox its rights decide")]
    public IReadOnlyList<string> Creators { get; set; } = [];

    [Option("Most entries in the access control list of one mailbox")]
    [OptionRange(1, 100_000)]
    public int MaxAclEntries { get; set; } = 1000;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var creator in Creators)
        {
            if (creator != "*" && !creator.Contains('@', StringComparison.Ordinal))
                yield return $"creators has \"{creator}\", which is no address, no @domain and not *";
        }
    }

    internal bool MayCreate(string address)
    {
        foreach (var creator in Creators)
        {
            if (creator == "*" || creator.Equals(address, StringComparison.OrdinalIgnoreCase)
                || (creator[0] == '@' && address.EndsWith(creator, StringComparison.OrdinalIgnoreCase)))
                return true;
        }

        return false;
    }
}
