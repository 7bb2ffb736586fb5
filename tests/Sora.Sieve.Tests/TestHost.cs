namespace Sora.Sieve.Tests;

/// <summary>A host whose answers a test sets.</summary>
internal sealed class TestHost : SieveHost
{
    public List<string> OwnAddresses { get; } = ["roadrunner@acme.example.com"];

    public HashSet<string> Mailboxes { get; } = ["INBOX"];

    public HashSet<string> MailboxIds { get; } = [];

    public Dictionary<string, string> SpecialUses { get; } = [];

    public Dictionary<string, string> Metadata { get; } = [];

    public HashSet<string> Seen { get; } = [];

    public string Separators { get; set; } = "+";

    public override string DetailSeparators => Separators;

    public Dictionary<string, string> Scripts { get; } = [];

    public Dictionary<string, string[]> Lists { get; } = [];

    public Dictionary<string, string> Environment { get; } = [];

    public Dictionary<SieveCheckKind, double> Checks { get; } = [];

    /// <summary>Methods of <c>notify</c> that can be used besides mail.</summary>
    public HashSet<string> NotifySchemes { get; } = [];

    /// <summary>Capabilities of methods, as <c>scheme capability</c>.</summary>
    public Dictionary<string, string> NotifyCapabilities { get; } = [];

    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    public override TimeZoneInfo TimeZone => Zone;

    public override IReadOnlyList<string> Addresses => OwnAddresses;

    /// <summary>Answers about mailboxes come later.</summary>
    public bool IsSlow { get; init; }

    public override async ValueTask<bool> MailboxExistsAsync(string mailbox, CancellationToken cancellationToken)
    {
        if (IsSlow)
            await Task.Yield();
        return Mailboxes.Contains(mailbox);
    }

    public override ValueTask<bool> MailboxIdExistsAsync(string mailboxId, CancellationToken cancellationToken) => new(MailboxIds.Contains(mailboxId));

    public override ValueTask<bool> SpecialUseExistsAsync(string? mailbox, string specialUse, CancellationToken cancellationToken) =>
        new(SpecialUses.Any(pair => (mailbox is null || pair.Key == mailbox) && string.Equals(pair.Value, specialUse, StringComparison.OrdinalIgnoreCase)));

    public override ValueTask<string?> GetMetadataAsync(string? mailbox, string entry, CancellationToken cancellationToken) =>
        new(Metadata.GetValueOrDefault($"{mailbox}{entry}"));

    public override ValueTask<bool> IsDuplicateAsync(string handle, string id, TimeSpan lifetime, CancellationToken cancellationToken) =>
        new(Seen.Contains($"{handle}|{id}"));

    public override ValueTask<SieveCompilation?> GetScriptAsync(string name, bool isGlobal, CancellationToken cancellationToken) =>
        new(Scripts.TryGetValue($"{(isGlobal ? "global:" : "")}{name}", out var script) ? Tests.Scripts.Compile(script) : null);

    public override ValueTask<bool> IsListValidAsync(string list, CancellationToken cancellationToken) => new(Lists.ContainsKey(list));

    public override ValueTask<bool?> IsInListAsync(string list, string value, CancellationToken cancellationToken) =>
        new(Lists.TryGetValue(list, out var members) ? members.Contains(value, StringComparer.OrdinalIgnoreCase) : null);

    public override ValueTask<IReadOnlyList<string>?> GetListAsync(string list, CancellationToken cancellationToken) => new(Lists.GetValueOrDefault(list));

    public override ValueTask<string> GetListValueAsync(string list, string value, CancellationToken cancellationToken) =>
        new(Lists[list].First(member => string.Equals(member, value, StringComparison.OrdinalIgnoreCase)));

    public override bool IsNotifyMethodValid(string uri) => NotifySchemes.Contains(uri.Split(':')[0]) || base.IsNotifyMethodValid(uri);

    public override ValueTask<string?> GetNotifyCapabilityAsync(string uri, string capability, CancellationToken cancellationToken) =>
        NotifyCapabilities.TryGetValue($"{uri.Split(':')[0]} {capability}", out var value) ? new(value) : base.GetNotifyCapabilityAsync(uri, capability, cancellationToken);

    public override string? GetEnvironment(string item) => Environment.GetValueOrDefault(item);

    public override SieveCheck? GetCheck(SieveCheckKind kind, SieveMessage message) =>
        Checks.TryGetValue(kind, out var score) ? new SieveCheck(score) : null;
}
