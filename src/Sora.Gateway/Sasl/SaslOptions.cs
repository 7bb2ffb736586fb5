using Sora.Configuration;

namespace Sora.Gateway.Sasl;

/// <summary>[sasl]: how clients of all protocols log in.</summary>
[Section("How clients log in (SASL), the same for IMAP, POP3 and ManageSieve")]
public sealed class SaslOptions : IValidatableOptions
{
    [Option("Mechanisms that clients may use; they are told of those that can work on their connection")]
    public IReadOnlyList<string> Mechanisms { get; set; } =
        ["SCRAM-SHA-256-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-1", "PLAIN", "LOGIN"];

    [Option("Whether clients are told of SCRAM: \"auto\" when every account has the keys for it, so that no client chooses what cannot work; \"always\"; \"never\", which only hides it", Reference = "RFC 5802")]
    public ScramOffer Scram { get; set; } = ScramOffer.Auto;

    [Option("Say in SCRAM's own words why it failed (\"e=invalid-proof\"), before the protocol's answer; one round trip more, and some clients take it for a broken connection", Reference = "RFC 5802 5.1")]
    public bool ScramErrors { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var name in Mechanisms)
        {
            if (!SaslMechanisms.Known.Contains(name))
                yield return $"mechanisms has \"{name}\", which is not one of {string.Join(", ", SaslMechanisms.Known)}";
        }
    }
}

/// <summary>When SCRAM is offered.</summary>
public enum ScramOffer
{
    Auto,
    Always,
    Never,
}
