using System.Text.RegularExpressions;
using Sora.Configuration;

namespace Sora.Gateway.Imap;

/// <summary>[[imap.client_filters]]: capabilities that some clients cannot cope with.</summary>
[Section("Capabilities to hide from clients that name themselves so with ID (RFC 2971)")]
public sealed class ClientFilter : IValidatableOptions
{
    private Regex? _name;
    private Regex? _version;

    [Option("Regular expression that the client's \"name\" must match, in any case; unset matches any", Example = "^OldMail$")]
    public string? ClientName { get; set; }

    [Option("Regular expression that the client's \"version\" must match, in any case; unset matches any", Example = "^1[.]")]
    public string? ClientVersion { get; set; }

    [Option("Capabilities that the client is not told of and cannot use, by their names")]
    public IReadOnlyList<string> DisableCaps { get; set; } = [];

    [Option("Why, for the log")]
    public string Reason { get; set; } = "";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (ClientName is null && ClientVersion is null)
            yield return "client_name or client_version must be set";
        if (!TryCompile(ClientName, out _name))
            yield return "client_name is no regular expression that can be matched in linear time";
        if (!TryCompile(ClientVersion, out _version))
            yield return "client_version is no regular expression that can be matched in linear time";
        foreach (var message in Capabilities.CheckDisabled("disable_caps", DisableCaps))
            yield return message;
    }

    /// <summary>Whether a client that says this of itself is meant; null is a field that it left out.</summary>
    internal bool Matches(string? name, string? version)
    {
        if (_name is null && _version is null && !(TryCompile(ClientName, out _name) & TryCompile(ClientVersion, out _version)))
            return false;
        return IsMatch(_name, name) && IsMatch(_version, version);
    }

    private static bool IsMatch(Regex? pattern, string? value) => pattern is null || (value is not null && pattern.IsMatch(value));

    // What clients send is matched without backtracking: no pattern and no client can make it slow
    private static bool TryCompile(string? pattern, out Regex? compiled)
    {
        compiled = null;
        if (pattern is null)
            return true;
        try
        {
            compiled = new Regex(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
