using System.Buffers;
using Sora.Configuration;

namespace Sora.Gateway.Sieve.Mailboxes;

/// <summary>[sieve_imap]: scripts for messages that are in mailboxes.</summary>
[Section("Sieve scripts in IMAP: on what clients do to messages (IMAPSIEVE), and by their command (FILTER=SIEVE)")]
public sealed class SieveImapOptions : IValidatableOptions
{
    private const string Scheme = "sieve://";

    private static readonly SearchValues<char> AtomSpecials = SearchValues.Create("(){%*\"\\]");

    [Option("Run scripts when clients append or copy messages or change flags: those of [[sieve.imap]], and those that the annotation /shared/imapsieve/script names", Reference = "RFC 6785")]
    public bool Events { get; set; } = true;

    [Option("The ManageSieve server that clients are told of, as a sieve URL; unset, this host (lmtp.host_name) with the port of managesieve.listen; empty, or with IMAPSIEVE in imap.disabled_caps, they are told of none, and only scripts of the site run on events", Reference = "RFC 6785 2.1", Example = "sieve://sieve.example.org")]
    public string? Url { get; set; }

    [Option("How long a command waits for its scripts before it is answered; what is left of them goes on after that")]
    [OptionRange("0s", "10m")]
    public TimeSpan Wait { get; set; } = TimeSpan.FromSeconds(10);

    [Option("Commands whose scripts may still run after they were answered; the next one waits for its own to the end")]
    [OptionRange(0, 1_000_000)]
    public int MaxBackground { get; set; } = 1000;

    [Option("Messages that scripts look at on events at the same time, in this process")]
    [OptionRange(1, 1000)]
    public int Concurrency { get; set; } = 8;

    [Option("How long the scripts for one message may take")]
    [OptionRange("1s", "1h")]
    public TimeSpan MessageTimeout { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Expunge a message that scripts do not keep after an event, and not only set \\Deleted", Reference = "RFC 6785 2.2.4")]
    public bool ExpungeDiscarded { get; set; }

    [Option("Mailboxes whose annotation is kept in memory")]
    [OptionRange(1, 10_000_000)]
    public int MaxCachedMailboxes { get; set; } = 100_000;

    [Option("Age at which a mailbox's annotation is read again, in case the news of a change was lost")]
    [OptionRange("1s", "1d")]
    public TimeSpan Refresh { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Let clients run scripts on messages with the command FILTER", Reference = "draft-bosch-imap-filter-sieve-00")]
    public bool Filter { get; set; } = true;

    [Option("Messages that one FILTER may run scripts on; when more match it is refused with NO [LIMIT]")]
    [OptionRange(1, 10_000_000)]
    public int MaxFilterMessages { get; set; } = 10_000;

    [Option("How long one FILTER may take before it stops with NO [LIMIT]")]
    [OptionRange("1s", "1h")]
    public TimeSpan FilterTimeout { get; set; } = TimeSpan.FromMinutes(5);

    [Option("Errors of a script that one answer of FILTER names")]
    [OptionRange(1, 1000)]
    public int MaxFilterErrors { get; set; } = 10;

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        if (!string.IsNullOrEmpty(Url) && !IsServerUrl(Url))
            yield return $"url has '{Url}', which is not sieve:// with a host and perhaps a port (RFC 5804 section 3), in characters of an atom";
    }

    // sieveurl-server (RFC 5804 section 3); as part of a capability it is an atom too (RFC 9051 section 9)
    private static bool IsServerUrl(string url) =>
        url.StartsWith(Scheme, StringComparison.Ordinal) && url.Length > Scheme.Length && !url.AsSpan().ContainsAnyExceptInRange('!', '~')
        && !url.AsSpan().ContainsAny(AtomSpecials)
        && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Host.Length > 0 && parsed.PathAndQuery is "" or "/" && !url.EndsWith('/');
}
