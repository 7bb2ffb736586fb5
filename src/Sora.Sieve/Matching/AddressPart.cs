using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Matching;

/// <summary>A part of an address (RFC 5228 section 2.7.4).</summary>
/// <param name="Select">Gives the part; null where the address has none, which no key matches.</param>
internal sealed record AddressPart(Func<SieveRun, SieveAddressValue, SieveValue?> Select)
{
    public static readonly AddressPart All = new(static (_, address) => address.All);
    public static readonly AddressPart LocalPart = new(static (_, address) => address.LocalPart);
    public static readonly AddressPart Domain = new(static (_, address) => address.Domain);
}
