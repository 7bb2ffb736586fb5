using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>envelope (RFC 5228 section 5.4); the part <c>auth</c> comes from RFC 3028's successors and is known to peers.</summary>
internal sealed class EnvelopeExtension : SieveExtension
{
    public override string Capability => "envelope";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.EnvelopePart(new EnvelopePartDefinition("from", IsAddress: true, static (_, envelope) => [envelope.From]));
        vocabulary.EnvelopePart(new EnvelopePartDefinition("to", IsAddress: true, static (_, envelope) => [envelope.To]));
        vocabulary.EnvelopePart(new EnvelopePartDefinition("auth", IsAddress: true, static (_, envelope) => envelope.Auth is { } auth ? [auth] : []));
        vocabulary.Test(new CallDefinition
        {
            Name = "envelope",
            IsTest = true,
            IsMatching = true,
            HasAddressPart = true,
            Arguments = [("envelope parts", ArgumentKind.StringList), ("keys", ArgumentKind.StringList)],
            Build = EnvelopeTest.Build,
        });
    }
}
