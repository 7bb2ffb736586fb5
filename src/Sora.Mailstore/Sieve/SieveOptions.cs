using Sora.Configuration;
using Sora.Contracts;

namespace Sora.Mailstore.Sieve;

/// <summary>[sieve]: the scripts that there are.</summary>
[Section("Sieve scripts: those of accounts and those of the site")]
public sealed class SieveOptions
{
    [Option("Scripts that an account may have", Reference = "RFC 5804 1.5")]
    [OptionRange(1, 10_000)]
    public int MaxScripts { get; set; } = 32;

    [Option("Largest script of an account", Reference = "RFC 5804 1.5")]
    [OptionRange("1KiB", "16MiB")]
    public ByteSize MaxScriptSize { get; set; } = ByteSize.KiB(256);

    [Option("All scripts of an account together", Reference = "RFC 5804 1.5")]
    [OptionRange("1KiB", "1GiB")]
    public ByteSize MaxTotalSize { get; set; } = ByteSize.MiB(2);

    [Option("Accounts whose lists of scripts are kept in memory")]
    [OptionRange(0, 10_000_000)]
    public int MaxCachedAccounts { get; set; } = 50_000;

    [Option("Entries that the script log of an account keeps")]
    [OptionRange(1, 10_000)]
    public int MaxLogEntries { get; set; } = 100;

    [Option("Longest time for which vacation remembers whom it has answered, whatever a script asks for", Reference = "RFC 5230 4.1")]
    [OptionRange("1d", "3650d")]
    public TimeSpan MaxVacationPeriod { get; set; } = TimeSpan.FromDays(365);

    [Option("Longest time for which duplicate remembers a message, whatever a script asks for", Reference = "RFC 7352 3")]
    [OptionRange("1m", "3650d")]
    public TimeSpan MaxDuplicatePeriod { get; set; } = TimeSpan.FromDays(90);

    [Option("Files of scripts that run before those of every user, in this order", Example = "/etc/sora/before.sieve")]
    public IReadOnlyList<string> Before { get; set; } = [];

    [Option("Files of scripts that run after those of every user, in this order", Example = "/etc/sora/after.sieve")]
    public IReadOnlyList<string> After { get; set; } = [];

    [Option("File of the script that runs for users without an active one; unset, one that files what has \"X-Spam: Yes\" into Junk and mail for user+detail into the mailbox of that name; empty for none", Example = "/etc/sora/default.sieve")]
    public string? Default { get; set; }

    [Option("The built-in default script creates the mailbox for user+detail when there is none")]
    public bool CreateDetailMailbox { get; set; }

    [Option("Folder of the scripts that include :global finds, each NAME.sieve", Reference = "RFC 6609 3.2", Example = "/etc/sora/sieve")]
    public string? GlobalFolder { get; set; }

    [Option("Largest script of the site")]
    [OptionRange("1KiB", "16MiB")]
    public ByteSize MaxGlobalScriptSize { get; set; } = ByteSize.MiB(1);

    [Option("How often the site's scripts are looked at again when they are used")]
    [OptionRange("0s", "1h")]
    public TimeSpan RefreshFiles { get; set; } = TimeSpan.FromSeconds(5);

    [Option("Scripts of include :global that are kept in memory")]
    [OptionRange(1, 100_000)]
    public int MaxCachedFiles { get; set; } = 1000;

    [Option("Largest file of an external list", Reference = "RFC 6134")]
    [OptionRange("1KiB", "256MiB")]
    public ByteSize MaxListFile { get; set; } = ByteSize.MiB(4);

    [Option("External lists that an account may have of its own", Reference = "RFC 6134")]
    [OptionRange(0, 10_000)]
    public int MaxLists { get; set; } = 32;

    [Option("Members that an account's own lists may have, all together", Reference = "RFC 6134")]
    [OptionRange(0, 1_000_000)]
    public int MaxListMembers { get; set; } = 10_000;

    [Option("Members of accounts' own lists that are kept in memory, all accounts together")]
    [OptionRange(0, 100_000_000)]
    public int MaxCachedListMembers { get; set; } = 1_000_000;

    public IReadOnlyList<SieveDomainOptions> Domains { get; set; } = [];

    public IReadOnlyList<SieveListOptions> Lists { get; set; } = [];

    public IReadOnlyList<SieveImapRuleOptions> Imap { get; set; } = [];
}

/// <summary>[[sieve.domains]]: scripts for the users of one domain.</summary>
[Section("Scripts of the site for the users of one domain")]
public sealed class SieveDomainOptions : IValidatableOptions
{
    [Option("The domain of the users' primary addresses", Example = "example.com")]
    public string Domain { get; set; } = "";

    [Option("Files of scripts that run after those of sieve.before and before the user's, in this order")]
    public IReadOnlyList<string> Before { get; set; } = [];

    [Option("Files of scripts that run after the user's and before those of sieve.after, in this order")]
    public IReadOnlyList<string> After { get; set; } = [];

    [Option("File of the default script for these users, in the place of the server's; empty for none", Example = "/etc/sora/example.com.sieve")]
    public string? Default { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Domain.Length == 0)
            yield return "domain must be set";
    }
}

/// <summary>[[sieve.lists]]: an external list of the site, or some of its members; entries of the same name add up.</summary>
[Section("External lists of the site, for :list and valid_ext_list; entries of the same name add up")]
public sealed class SieveListOptions : IValidatableOptions
{
    [Option("Name of the list, a tag: or urn: URI, or what follows urn:ietf:params:sieve", Reference = "RFC 6134 2.5", Example = "tag:example.com,2026:partners")]
    public string Name { get; set; } = "";

    [Option("Only for users with primary addresses in this domain; unset, for all", Example = "example.com")]
    public string? Domain { get; set; }

    [Option("Members", Example = "ada@example.net")]
    public IReadOnlyList<string> Members { get; set; } = [];

    [Option("File with more members, one on each line; empty lines and those that begin with # are passed over", Example = "/etc/sora/partners.txt")]
    public string? File { get; set; }

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (SiteLists.NameProblem(Name) is { } problem)
            yield return $"name has '{Name}', which {problem}";
        foreach (var member in Members)
        {
            if (SieveListMember.Parse(member) is { IsOk: false } wrong)
                yield return $"members has '{member}': {wrong.Error.Text}";
        }
    }
}

/// <summary>[[sieve.imap]]: scripts of the site for what clients do to messages, such as to learn what is spam.</summary>
[Section("Scripts of the site for what clients do to messages in some mailboxes")]
public sealed class SieveImapRuleOptions : IValidatableOptions
{
    private static readonly string[] KnownCauses = ["APPEND", "COPY", "FLAG"];

    [Option("The mailboxes, by the names they have for their owners; * and % as in LIST", Example = "Junk")]
    public string Mailbox { get; set; } = "";

    [Option("Only for messages that come out of these mailboxes by COPY or MOVE; * and % as in LIST", Example = "INBOX")]
    public string? From { get; set; }

    [Option("What starts the scripts: APPEND, COPY (MOVE too) and FLAG", Reference = "RFC 6785 4.3")]
    public IReadOnlyList<string> Causes { get; set; } = ["APPEND", "COPY", "FLAG"];

    [Option("Files of scripts that run before the one that the mailbox has been given, in this order", Example = "/etc/sora/learn-spam.sieve")]
    public IReadOnlyList<string> Before { get; set; } = [];

    [Option("Files of scripts that run after it, in this order")]
    public IReadOnlyList<string> After { get; set; } = [];

    [Option("Files of scripts that run, when a message was copied with COPY, on the original in the mailbox that it came from, after those above have run on the copy without an error")]
    public IReadOnlyList<string> CopySourceAfter { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (Mailbox.Length == 0)
            yield return "mailbox must be set";
        if (Before.Count + After.Count + CopySourceAfter.Count == 0)
            yield return "before, after or copy_source_after must name a script";
        if (CopySourceAfter.Count > 0 && Causes.Count > 0 && !Causes.Contains("COPY", StringComparer.OrdinalIgnoreCase))
            yield return "copy_source_after needs COPY in causes";
        foreach (var cause in Causes)
        {
            if (!KnownCauses.Contains(cause, StringComparer.OrdinalIgnoreCase))
                yield return $"causes has '{cause}', which is none of APPEND, COPY and FLAG";
        }

        if (Causes.Count == 0)
            yield return "causes must not be empty";
    }
}
