using Sora.Sieve.Matching;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>subaddress (RFC 5233): the halves of a local part.</summary>
internal sealed class SubaddressExtension : SieveExtension
{
    public override string Capability => "subaddress";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.AddressPart(new AddressPartDefinition(
            "user", new AddressPart(static (run, address) => address.Subaddress(run.Host.DetailSeparators).User)));
        vocabulary.AddressPart(new AddressPartDefinition(
            "detail", new AddressPart(static (run, address) => address.Subaddress(run.Host.DetailSeparators).Detail)));
    }
}
