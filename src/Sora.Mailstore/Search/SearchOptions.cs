using Sora.Configuration;

namespace Sora.Mailstore.Search;

/// <summary>Section <c>[search]</c>: the index of the text of messages.</summary>
[Section("The index of the text of messages, which answers SEARCH, SORT and THREAD; a message that is not in it yet is read instead")]
public sealed class SearchOptions
{
    [Option("Whether this process indexes messages; of several processes on one database any number may")]
    public bool Enabled { get; set; } = true;

    [Option("How long a message waits before it is indexed: its body has reached its place by then")]
    [OptionRange("1ms", "1d", OrZero = true)]
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(2);

    [Option("How often to look for messages when there were none")]
    [OptionRange("10ms", "1h")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    [Option("Most messages that are indexed in one transaction")]
    [OptionRange(1, 10_000)]
    public int Batch { get; set; } = 400;

    [Option("Most bytes of messages that are indexed in one transaction; a larger message is indexed alone")]
    [OptionRange("64KiB", "1GiB")]
    public ByteSize BatchSize { get; set; } = ByteSize.MiB(8);

    [Option("Messages that arrive or change in one second from which on this process counts as busy")]
    [OptionRange(1, 1_000_000)]
    public int BusyRate { get; set; } = 20;

    [Option("Part of the time that indexing takes while the process is busy, in percent; otherwise it takes half, or all of it when messages have waited for long")]
    [OptionRange(1, 100)]
    public int BusyShare { get; set; } = 3;

    [Option("A message that has waited for longer is indexed without regard to anything else")]
    [OptionRange("1s", "30d")]
    public TimeSpan MaxLag { get; set; } = TimeSpan.FromHours(1);

    [Option("How long the text of bodies is kept for searches that words alone do not decide; without it such searches read the messages. 0 keeps it as long as the message")]
    [OptionRange("1h", "3650d", OrZero = true)]
    public TimeSpan TextRetention { get; set; } = TimeSpan.Zero;

    [Option("Text of a body that is kept for such searches; a longer one is read again each time")]
    [OptionRange("1KiB", "64MiB")]
    public ByteSize MaxText { get; set; } = ByteSize.MiB(1);

    [Option("Memory for the words of one message; one with more is not indexed and read at each search")]
    [OptionRange("64KiB", "256MiB")]
    public ByteSize MaxWords { get; set; } = ByteSize.MiB(16);

    [Option("Segments of the index are merged until they are about this large")]
    [OptionRange("64KiB", "256MiB")]
    public ByteSize SegmentSize { get; set; } = ByteSize.MiB(16);

    [Option("How often a message is tried that cannot be read, the pause doubling each time; after that it is left out of the index")]
    [OptionRange(1, 100)]
    public int Attempts { get; set; } = 10;

    [Option("First pause after a message could not be read")]
    [OptionRange("1ms", "1h")]
    public TimeSpan Retry { get; set; } = TimeSpan.FromSeconds(10);

    [Option("Memory for parts of the index that were used lately")]
    [OptionRange("1MiB", "64GiB")]
    public ByteSize CacheSize { get; set; } = ByteSize.MiB(128);

    [Option("Parts of the index that were not used for this long leave memory")]
    [OptionRange("1s", "7d")]
    public TimeSpan CacheIdle { get; set; } = TimeSpan.FromMinutes(10);
}
