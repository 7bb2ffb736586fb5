using Sora.Contracts;

namespace Sora.Gateway.Sieve;

/// <summary>
/// Mailbox names as they stand in scripts that users have brought from another server, where names had a prefix or levels another separator. What is there under the name as it stands
/// comes first: nothing that a script means here can change by it.
/// </summary>
internal static class ScriptMailboxName
{
    /// <summary>The name in the form of this server: null when it has that form, or when nothing is configured.</summary>
    public static MailboxName? Translate(string name, SieveDeliveryOptions options)
    {
        if (options.OldMailboxSeparator == MailboxName.Separator.ToString() && string.IsNullOrEmpty(options.OldMailboxPrefix))
            return null;
        var rest = name;
        if (!string.IsNullOrEmpty(options.OldMailboxPrefix) && name.StartsWith(options.OldMailboxPrefix, StringComparison.OrdinalIgnoreCase))
            rest = name[options.OldMailboxPrefix.Length..];
        rest = rest.Replace(options.OldMailboxSeparator[0], MailboxName.Separator);
        return rest != name && MailboxName.Parse(rest) is { IsOk: true } parsed ? parsed.Value : null;
    }
}
