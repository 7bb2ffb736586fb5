using System.Collections.Immutable;
using Sora.Sieve.Validation;

namespace Sora.Sieve;

/// <summary>The capability strings of the engine (RFC 5228 section 6.1), which ManageSieve shows as SIEVE.</summary>
public static class SieveCapabilities
{
    /// <summary>All of them, in the order of their names.</summary>
    public static ImmutableArray<string> All { get; } = [.. SieveRegistry.Default.Capabilities.Order(StringComparer.Ordinal)];
}
