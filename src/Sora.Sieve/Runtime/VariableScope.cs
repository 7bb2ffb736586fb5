namespace Sora.Sieve.Runtime;

/// <summary>The variables of one script (RFC 5229, RFC 6609 section 3.4).</summary>
internal sealed class VariableScope
{
    /// <summary>Variables by name in small letters.</summary>
    public Dictionary<string, string> Variables { get; } = new(StringComparer.Ordinal);

    /// <summary>Match variables (RFC 5229 section 3.2): what the last successful match found; they are taken over as a whole.</summary>
    public string[] MatchValues { get; set; } = [];

    /// <summary>Names that the script imported from or exports to the global scope (RFC 6609 section 3.4.1).</summary>
    public HashSet<string> Globals { get; } = new(StringComparer.Ordinal);
}
