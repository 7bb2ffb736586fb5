using System.Text.RegularExpressions;
using Sora.Configuration;

namespace Sora.Gateway.Sieve;

/// <summary>The reverse-path with which redirected messages leave.</summary>
public enum RedirectSender
{
    /// <summary>The one that they came with.</summary>
    Sender,

    /// <summary>The address that they were sent to; the null reverse-path stays.</summary>
    Recipient,

    /// <summary>The null reverse-path: nobody hears of a redirect that fails.</summary>
    Null,
}

/// <summary>[sieve_delivery]: what scripts do when a message is delivered.</summary>
[Section("What Sieve scripts do when a message is delivered")]
public sealed class SieveDeliveryOptions : IValidatableOptions
{
    [Option("How long vacation does not answer the same sender again when a script does not say", Reference = "RFC 5230 4.1")]
    [OptionRange("1s", "365d")]
    public TimeSpan VacationInterval { get; set; } = TimeSpan.FromDays(7);

    [Option("Shortest such time, whatever a script says; 0s lets \":seconds 0\" answer each message", Reference = "RFC 6131 2")]
    [OptionRange("0s", "365d")]
    public TimeSpan MinVacationInterval { get; set; }

    [Option("Reverse-path of redirected messages: sender, recipient or null", Reference = "RFC 5228 4.2")]
    public RedirectSender RedirectSender { get; set; } = RedirectSender.Sender;

    [Option("Most addresses of a list that redirect \":list\" sends to; a message for more is kept in INBOX", Reference = "RFC 6134 2.3")]
    [OptionRange(1, 10_000)]
    public int MaxListRecipients { get; set; } = 100;

    [Option("Subscribe to mailboxes that \":create\" creates", Reference = "RFC 5490 3.2")]
    public bool SubscribeCreated { get; set; }

    [Option("Separator of levels in the mailbox names of scripts that come from another server: \".\" for Maildir++; names that are there as they stand come first", Reference = "RFC 5228 4.1")]
    public string OldMailboxSeparator { get; set; } = "/";

    [Option("Prefix of mailbox names in such scripts, which no mailbox here has; with old_mailbox_separator = \".\" it is mostly \"INBOX.\"", Reference = "RFC 5228 4.1", Example = "INBOX.")]
    public string? OldMailboxPrefix { get; set; }

    [Option("Time zone of currentdate without \":zone\", by its IANA name", Reference = "RFC 5260 5")]
    public string TimeZone { get; set; } = "UTC";

    [Option("Most lines of a refusal's reason that the client is told", Reference = "RFC 5429 2.5")]
    [OptionRange(1, 1000)]
    public int MaxRejectLines { get; set; } = 50;

    [Option("Field in which the spam filter before us writes its result, for spamtest; take care that nobody else can write it", Reference = "RFC 5235 3.2", Example = "X-Spam-Score")]
    public string? SpamHeader { get; set; }

    [Option("Regular expression whose first group is the score in that field: a number, or signs that are counted", Reference = "RFC 5235 3.2")]
    public string SpamPattern { get; set; } = @"(-?[0-9]+(?:\.[0-9]+)?)";

    [Option("Score from which a message is spam for certain", Reference = "RFC 5235 3.2")]
    [OptionRange(0.001, 1_000_000)]
    public double SpamMax { get; set; } = 10;

    [Option("Field in which the virus scanner before us writes its result, for virustest", Reference = "RFC 5235 3.3", Example = "X-Virus-Status")]
    public string? VirusHeader { get; set; }

    [Option("Regular expression for that field when there is no virus", Reference = "RFC 5235 3.3")]
    public string VirusClean { get; set; } = "(?i)^(clean|no)\\b";

    [Option("Regular expression for that field when there is a virus; a field that matches neither counts as suspicious", Reference = "RFC 5235 3.3")]
    public string VirusFound { get; set; } = "(?i)^(infected|virus|yes)\\b";

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(TimeZone, out _))
            yield return $"time_zone has '{TimeZone}', which is no time zone that this system knows";
        if (OldMailboxSeparator.Length != 1 || char.IsLetterOrDigit(OldMailboxSeparator[0]) || OldMailboxSeparator[0] <= ' ')
            yield return "old_mailbox_separator must be one sign, such as \".\"";
        foreach (var (key, pattern) in new[] { ("spam_pattern", SpamPattern), ("virus_clean", VirusClean), ("virus_found", VirusFound) })
        {
            if (!IsPattern(pattern))
                yield return $"{key} is no regular expression that can be used: groups that refer back and look-arounds cannot";
        }

        foreach (var (key, name) in new[] { ("spam_header", SpamHeader), ("virus_header", VirusHeader) })
        {
            if (!string.IsNullOrEmpty(name) && name.AsSpan().ContainsAnyExceptInRange('!', '~'))
                yield return $"{key} has '{name}', which is no name of a header field";
        }
    }

    // Linear time, whatever stands in a message
    internal static Regex Pattern(string pattern) => new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    private static bool IsPattern(string pattern)
    {
        try
        {
            _ = Pattern(pattern);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return false;
        }
    }
}
