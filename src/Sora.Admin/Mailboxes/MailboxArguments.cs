using Sora.Contracts;

namespace Sora.Admin.Mailboxes;

/// <summary>Reads names and special uses from the command line.</summary>
internal static class MailboxArguments
{
    /// <summary>The special uses by their names (RFC 6154 section 2, RFC 8457), without the backslash.</summary>
    public static readonly string[] Uses =
        [.. Enum.GetValues<SpecialUse>().Where(static use => use != SpecialUse.None).Select(static use => Text(use)!)];

    /// <exception cref="AdminException">It is no name of a mailbox.</exception>
    public static MailboxName Name(string text)
    {
        var name = MailboxName.Parse(text);
        return name.IsOk ? name.Value : throw new AdminException(name.Error.Text);
    }

    public static SpecialUse Use(string? text) => text is null ? SpecialUse.None : Enum.Parse<SpecialUse>(text, ignoreCase: true);

    public static string? Text(SpecialUse use) => use == SpecialUse.None ? null : use.ToString().ToLowerInvariant();
}
