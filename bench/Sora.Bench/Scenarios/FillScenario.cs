using System.Diagnostics;
using Sora.Bench.Load;
using Sora.Bench.Results;
using Sora.Bench.Wire;

namespace Sora.Bench.Scenarios;

/// <summary>By which way messages are put into a mailbox.</summary>
internal enum FillBy
{
    /// <summary>The quickest that the server offers: MULTIAPPEND, else streamed APPENDs, else LMTP.</summary>
    Auto,
    MultiAppend,
    Append,
    Lmtp,
}

/// <summary>
/// Fills one mailbox: threads, senders, subjects, dates over years, sizes as mail has them (most small, few large). The same seed
/// makes the same messages by every way; only LMTP cannot carry flags and internal dates.
/// </summary>
internal sealed record FillScenario(Target Target, Run Run)
{
    /// <summary>Messages of one MULTIAPPEND, or APPENDs sent ahead of their answers.</summary>
    private const int Window = 100;

    /// <summary>The figure that says how large the messages are on average.</summary>
    public const string SizeEach = "size each";

    public string Mailbox { get; init; } = "INBOX";

    /// <summary>Whose mailbox; counted from 1.</summary>
    public int User { get; init; } = 1;

    public int Messages { get; init; } = 100_000;

    public FillBy By { get; init; }

    /// <summary>Sessions side by side.</summary>
    public int Sessions { get; init; } = 8;

    public async Task<ScenarioResult> RunAsync(CancellationToken cancellationToken)
    {
        await using var client = await ImapClient.LoginAsync(Target, Target.UserName(User), cancellationToken);
        if (!string.Equals(Mailbox, "INBOX", StringComparison.OrdinalIgnoreCase))
        {
            await client.RunAsync("CREATE " + ImapClient.Quote(Mailbox));
        }

        var by = Choose(client);
        var before = await client.CountAsync(Mailbox);
        var start = Stopwatch.GetTimestamp();
        var octets = 0L;
        var next = -Window;
        await Scenarios.Sessions.RunAsync(Sessions, async _ =>
        {
            var writer = new MessageWriter(Run.Corpus(), Run.Seed, Run.Id);
            await using var append = by == FillBy.Lmtp ? null : await ImapClient.LoginAsync(Target, Target.UserName(User), cancellationToken);
            await using var lmtp = by == FillBy.Lmtp ? await LmtpClient.ConnectAsync(Target, cancellationToken) : null;
            while (Interlocked.Add(ref next, Window) is var first && first < Messages && !cancellationToken.IsCancellationRequested)
            {
                var last = Math.Min(Messages, first + Window);
                var written = append is null
                    ? await DeliverAsync(lmtp!, writer, first, last)
                    : await AppendAsync(append, writer, by, first, last);
                Interlocked.Add(ref octets, written);
            }
        });
        cancellationToken.ThrowIfCancellationRequested();
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var grown = await client.CountAsync(Mailbox) - before;
        return new ScenarioResult(
            "fill",
            Target.Name,
            [
                new("rate", Messages / seconds, "msg/s", Better.Neither),
                new("throughput", octets / seconds / 1e6, "MB/s", Better.Neither),
                new("messages", grown, "", Better.Neither),
                new(SizeEach, octets / 1024.0 / Messages, "KiB", Better.Neither),
            ],
            Math.Abs(grown - Messages),
            "by " + by);
    }

    private FillBy Choose(ImapClient client)
    {
        if (By != FillBy.Auto)
        {
            return By;
        }

        return client.Has("LITERAL+")
            ? client.Has("MULTIAPPEND") ? FillBy.MultiAppend : FillBy.Append
            : Target.Lmtp is null ? throw new BenchException("the server offers no LITERAL+: give --lmtp to fill by deliveries")
            : FillBy.Lmtp;
    }

    /// <summary>1 to 3 KiB for most, 4 to 20 KiB for a quarter, an attachment now and then: 5 KiB on average.</summary>
    private int SizeOf(int number)
    {
        var random = new Random(unchecked((Run.Seed * 17) + (number * 2654435)));
        return random.Next(1000) switch
        {
            < 750 => random.Next(1024, 3072),
            < 990 => random.Next(4096, 20480),
            _ => random.Next(65536, 131072),
        };
    }

    private async Task<long> AppendAsync(ImapClient client, MessageWriter writer, FillBy by, int first, int last)
    {
        var octets = 0L;
        for (var number = first; number < last; number++)
        {
            writer.Write(number, SizeOf(number), Target.UserName(User));
            octets += writer.Message.Length;

            // Two of three were read: SEARCH UNSEEN then has something to find
            var flags = number % 3 == 0 ? "" : "(\\Seen) ";
            var continued = by == FillBy.MultiAppend && number > first;
            client.BufferAppend(Mailbox, writer.Message.Span, flags + MessageWriter.InternalDateOf(number) + ' ', continued);
            if (by == FillBy.Append || number == last - 1)
            {
                client.EndAppend();
            }
        }

        await client.FlushAsync();
        for (var commands = by == FillBy.Append ? last - first : 1; commands > 0; commands--)
        {
            await client.ReadAppendedAsync();
        }

        return octets;
    }

    private async Task<long> DeliverAsync(LmtpClient client, MessageWriter writer, int first, int last)
    {
        string[] recipients = [Target.UserName(User)];
        var octets = 0L;
        for (var number = first; number < last; number++)
        {
            writer.Write(number, SizeOf(number), recipients[0]);
            if (await client.DeliverAsync("sender@senders.example", recipients, writer.Dotted) != 1)
            {
                throw new IOException("the server refused a message of the fill");
            }

            octets += writer.Message.Length;
        }

        return octets;
    }
}
