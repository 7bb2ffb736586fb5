using System.Collections.Concurrent;
using Sora.Contracts;

namespace Sora.Identity.Lookup;

/// <summary>What the service has said of an address.</summary>
/// <param name="Account">Null when there is none.</param>
/// <param name="Version">By which the service knows what it has said; null for nothing.</param>
/// <param name="At">When it was asked: what it says is at least as new.</param>
internal sealed record Remembered(ExternalAccount? Account, string? Version, long At);

/// <summary>
/// What is remembered of addresses. Those that exist are kept apart from those that do not: of the latter there are as many as somebody cares to try, and they must not drive out what is
/// needed when the service is away.
/// </summary>
internal sealed class LookupCache(int capacity)
{
    private readonly ConcurrentDictionary<string, Remembered> _found = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Remembered> _missing = new(StringComparer.Ordinal);

    public Remembered? Find(string address) =>
        _found.TryGetValue(address, out var found) ? found : _missing.TryGetValue(address, out var missing) ? missing : null;

    public void Add(string address, Remembered remembered)
    {
        var (own, other) = remembered.Account is null ? (_missing, _found) : (_found, _missing);
        if (own.Count >= capacity && !own.ContainsKey(address))
            own.Clear();

        // Of two that were asked at once the later question counts
        own.AddOrUpdate(address, static (_, added) => added, static (_, known, added) => known.At > added.At ? known : added, remembered);
        if (other.TryGetValue(address, out var before) && before.At <= remembered.At)
            other.TryRemove(new KeyValuePair<string, Remembered>(address, before));
        else if (before is not null)
            own.TryRemove(new KeyValuePair<string, Remembered>(address, remembered));
    }
}
