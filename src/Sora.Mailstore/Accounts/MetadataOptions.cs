using Sora.Configuration;

namespace Sora.Mailstore.Accounts;

[Section("Annotations of mailboxes and of the server (RFC 5464)")]
public sealed class MetadataOptions
{
    [Option("Largest value; values longer than imap.max_literal are refused before this is looked at", Reference = "RFC 5464 4.1: at least 1024")]
    [OptionRange("1KiB", "16MiB")]
    public ByteSize MaxValue { get; set; } = ByteSize.KiB(32);

    [Option("Most entries of one mailbox, or of the server, that one user sees", Reference = "RFC 5464 4.1: at least 10")]
    [OptionRange(10, 100_000)]
    public int MaxEntries { get; set; } = 100;

    [Option("All values of one account together: its private ones and those shared of its mailboxes")]
    [OptionRange("64KiB", "1GiB")]
    public ByteSize MaxAccountSize { get; set; } = ByteSize.MiB(4);
}
