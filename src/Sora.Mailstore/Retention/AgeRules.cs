using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Retention;

/// <summary>How old the messages of a mailbox may grow.</summary>
internal sealed class AgeRules(RetentionOptions options)
{
    private readonly bool _hasNames = options.Mailboxes.Count > 0 && options.MailboxesMaxAge > TimeSpan.Zero;

    /// <summary>No mailbox has a limit.</summary>
    public bool AreNone => !_hasNames && options.MaxAge == TimeSpan.Zero && Uses().Count == 0;

    /// <summary>The special uses that have a limit, when nothing else has one; else null.</summary>
    public IReadOnlyList<SpecialUse>? OnlyUses => _hasNames || options.MaxAge > TimeSpan.Zero ? null : Uses();

    /// <summary>The limit of a mailbox, the closest one that is set; null when there is none.</summary>
    public TimeSpan? Of(RetainedMailbox mailbox) => Of(mailbox.Name, mailbox.Use);

    /// <inheritdoc cref="Of(RetainedMailbox)"/>
    public TimeSpan? Of(string name, SpecialUse use)
    {
        var age = use switch
        {
            SpecialUse.Trash => options.TrashMaxAge,
            SpecialUse.Junk => options.JunkMaxAge,
            _ => TimeSpan.Zero,
        };
        if (age == TimeSpan.Zero && _hasNames && options.Mailboxes.Any(pattern => Matches(pattern, name)))
            age = options.MailboxesMaxAge;
        if (age == TimeSpan.Zero)
            age = options.MaxAge;
        return age == TimeSpan.Zero ? null : age;
    }

    private List<SpecialUse> Uses()
    {
        var uses = new List<SpecialUse>();
        if (options.TrashMaxAge > TimeSpan.Zero)
            uses.Add(SpecialUse.Trash);
        if (options.JunkMaxAge > TimeSpan.Zero)
            uses.Add(SpecialUse.Junk);
        return uses;
    }

    /// <summary>A name and a pattern as LIST has them (RFC 9051 section 6.3.9). In time that grows with their lengths: only the last * is tried again.</summary>
    internal static bool Matches(ReadOnlySpan<char> pattern, ReadOnlySpan<char> name)
    {
        var (at, position) = (0, 0);
        var (star, from) = (-1, 0);
        var (percent, percentFrom) = (-1, 0);
        while (position < name.Length)
        {
            if (at < pattern.Length && pattern[at] == '*')
                (star, from, percent) = (at++, position, -1);
            else if (at < pattern.Length && pattern[at] == '%')
                (percent, percentFrom) = (at++, position);
            else if (at < pattern.Length && pattern[at] == name[position])
                (at, position) = (at + 1, position + 1);
            else if (percent >= 0 && name[percentFrom] != MailboxName.Separator)
                (at, position) = (percent + 1, ++percentFrom);
            else if (star >= 0)
                (at, position, percent) = (star + 1, ++from, -1);
            else
                return false;
        }

        while (at < pattern.Length && pattern[at] is '*' or '%')
            at++;
        return at == pattern.Length;
    }
}
