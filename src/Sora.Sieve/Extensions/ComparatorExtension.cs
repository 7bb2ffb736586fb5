using Sora.Sieve.Matching;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>A comparator (RFC 5228 section 6.1); two of them need not be required.</summary>
internal sealed class ComparatorExtension(Comparator comparator) : SieveExtension
{
    public override string Capability => $"comparator-{comparator.Name}";

    public static bool IsBuiltIn(string capability) => capability is "comparator-i;octet" or "comparator-i;ascii-casemap";

    public override void Register(Vocabulary vocabulary) => vocabulary.Comparator(comparator);
}
