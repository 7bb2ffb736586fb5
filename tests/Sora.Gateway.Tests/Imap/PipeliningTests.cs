using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Any command may be sent before the answer to the one before it is there (RFC 9051 section 5.5).</summary>
[Collection("imap")]
public sealed class PipeliningTests(ImapFixture fixture)
{
    private static readonly string[] Commands =
    [
        "CAPABILITY", "NOOP", "CHECK", "ID NIL", "NAMESPACE", "ENABLE CONDSTORE", "LIST \"\" *", "LSUB \"\" *", "STATUS INBOX (MESSAGES UIDNEXT)",
        "SELECT INBOX", "EXAMINE Trash\r\nSELECT INBOX", "CLOSE\r\nSELECT INBOX", "UNSELECT\r\nSELECT INBOX", "CREATE x", "RENAME x y", "DELETE x", "DELETE y",
        "SUBSCRIBE x", "UNSUBSCRIBE x", "APPEND INBOX {14+}\r\nSubject: x\r\n\r\n", "IDLE\r\nDONE", "FETCH 1:3 (FLAGS UID)", "FETCH 2 BODY[]",
        "UID FETCH 1:* (FLAGS)", "STORE 1 +FLAGS (\\Seen)", "STORE 2:3 -FLAGS.SILENT (\\Seen)", "UID STORE 1:* +FLAGS (\\Flagged)", "SEARCH ALL",
        "UID SEARCH RETURN (SAVE) 1:2", "COPY 1 Trash", "UID COPY $ Trash", "MOVE 3 Trash", "STORE 1 +FLAGS.SILENT (\\Deleted)", "EXPUNGE",
        "UID EXPUNGE 1:*", "UIDBATCHES 500", "NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange))", "NOTIFY NONE",
        "NOTIFY SET (personal (MailboxName MessageNew MessageExpunge))", "REPLACE 1 INBOX {14+}\r\nSubject: x\r\n\r\n",
        "UID REPLACE * INBOX (\\Seen) CATENATE (TEXT {14+}\r\nSubject: x\r\n\r\n)", "FETCH 1 (BINARY.SIZE[1] BINARY.PEEK[1] PREVIEW)",
        "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)", "STORE 1:2 (UNCHANGEDSINCE 1) +FLAGS (\\Answered)", "SEARCH RETURN (UPDATE COUNT) SEEN",
        "SORT (DATE) UTF-8 ALL", "UID SORT RETURN (PARTIAL -1:-2) (SUBJECT) UTF-8 ALL", "THREAD REFERENCES UTF-8 1:*", "ESEARCH IN (personal) RETURN (COUNT) ALL",
        "GETQUOTAROOT INBOX", "GETMETADATA INBOX /private/comment", "SETMETADATA INBOX (/private/comment \"x\")", "GETACL INBOX", "MYRIGHTS INBOX",
    ];

    // In any state after login. "»" and "›" as PipelinedPairs has them.
    private static readonly string[] AnyState =
    [
        "CAPABILITY", "NOOP", "ID (\"name\" \"x\")", "NAMESPACE", "ENABLE CONDSTORE", "ENABLE QRESYNC", "ENABLE IMAP4rev2", "ENABLE UIDONLY", "LIST \"\" %",
        "LIST (SUBSCRIBED) \"\" (* Ne%) RETURN (CHILDREN STATUS (MESSAGES))", "LSUB \"\" *", "STATUS Work (MESSAGES UIDNEXT HIGHESTMODSEQ DELETED)",
        "SELECT Work", "SELECT Work (QRESYNC (1 1 1:3))", "EXAMINE Other", "CREATE New", "RENAME Work Newer", "DELETE Work", "SUBSCRIBE New", "UNSUBSCRIBE Other",
        "APPEND Work {14}\r\n»Subject: x\r\n\r\n", "APPEND Other (\\Flagged) {14+}\r\nSubject: x\r\n\r\n {14+}\r\nSubject: y\r\n\r\n", "IDLE\r\n›DONE",
        "NOTIFY SET (selected (MessageNew (UID) MessageExpunge FlagChange)) (personal (MailboxName))", "NOTIFY NONE",
        "ESEARCH IN (mailboxes Work) RETURN (COUNT) FLAGGED", "GETQUOTAROOT Work", "GETMETADATA Work /private/comment", "SETMETADATA Work (/private/comment \"x\")",
        "SETACL Work anyone lr", "GETACL Work", "MYRIGHTS Work", "UNAUTHENTICATE", "LOGOUT", "COMPRESS DEFLATE",
    ];

    private static readonly string[] BeforeLogin =
    [
        "CAPABILITY", "NOOP", "ID NIL", "LOGIN <user> secret", "LOGIN {<length>}\r\n»<user> {6}\r\n»secret", "LOGIN {<length>+}\r\n<user> wrong",
        "AUTHENTICATE PLAIN <plain>", "AUTHENTICATE PLAIN\r\n»<plain>", "AUTHENTICATE PLAIN\r\n»*", "SELECT INBOX", "ENABLE IMAP4rev2", "STARTTLS", "LOGOUT",
    ];

    private static readonly string[] SelectedState =
    [
        "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "FETCH 1:4 (FLAGS UID MODSEQ)", "FETCH 2 BODY[]", "STORE 3 -FLAGS (\\Deleted)", "STORE 1,4 +FLAGS.SILENT (\\Deleted)",
        "SEARCH RETURN (ALL) DELETED", "SEARCH RETURN (SAVE) 2:4", "FETCH $ (UID)", "COPY $ Other", "MOVE 2 Other", "SORT (REVERSE ARRIVAL) UTF-8 ALL",
        "THREAD REFERENCES UTF-8 1:3", "REPLACE 3 Work {14+}\r\nSubject: z\r\n\r\n", "SEARCH RETURN (UPDATE COUNT ALL) SEEN", "UIDBATCHES 500",
        "UID FETCH 1:* (FLAGS) (CHANGEDSINCE 1)", "UID STORE 1:* (UNCHANGEDSINCE 2) +FLAGS ($new)", "UID COPY 1:2 Other", "UID MOVE 4:5 Other", "UID EXPUNGE 3",
        "UID SEARCH SUBJECT {1}\r\n»x", "UID SEARCH RETURN (SAVE COUNT) BODY \"body\"", "UID SORT RETURN (PARTIAL -1:-2) (SUBJECT) UTF-8 ALL", "UID THREAD ORDEREDSUBJECT UTF-8 ALL",
        "UID REPLACE 5 Other (\\Seen) {14}\r\n»Subject: z\r\n\r\n",
    ];

    [Theory]
    [InlineData(PairState.NotAuthenticated)]
    [InlineData(PairState.Authenticated)]
    [InlineData(PairState.Selected)]
    public async Task Two_commands_in_one_write_are_answered_like_one_after_the_other(PairState state)
    {
        // Nobody else is here, so RFC 9051 section 5.5 leaves nothing open: what a command does is told before its own answer
        string[] commands = state switch
        {
            PairState.NotAuthenticated => BeforeLogin,
            PairState.Authenticated => AnyState,
            _ => [.. AnyState, .. SelectedState],
        };
        var pairs = new ConcurrentQueue<(string First, string Second)>(
            from first in commands.Except(Enders) from second in commands where !IsUnsent(first, second) select (first, second));
        var differences = new ConcurrentQueue<string>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            using var lane = await PipelinedPairs.CreateAsync(fixture, state);
            var plain = Convert.ToBase64String(Encoding.ASCII.GetBytes($"\0{lane.Address}\0secret"));
            while (pairs.TryDequeue(out var pair))
            {
                if (await lane.CompareAsync(For(pair.First), For(pair.Second)) is { } difference)
                    differences.Enqueue(difference);
            }

            string For(string command) => command.Replace("<user>", lane.Address, StringComparison.Ordinal).Replace("<plain>", plain, StringComparison.Ordinal)
                .Replace("<length>", lane.Address.Length.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        }));
        differences.ShouldBeEmpty($"{differences.Count} differ:\n{string.Join("\n", differences.Take(10))}");
    }

    // What may be sent behind these is another matter: below, and in CompressTests and SecurityTests
    private static readonly string[] Enders = ["LOGOUT", "COMPRESS DEFLATE", "STARTTLS"];

    // DONE ends an IDLE, and where IDLE is refused it is no command
    private static bool IsUnsent(string first, string second) => first == "UNAUTHENTICATE" && second.StartsWith("IDLE", StringComparison.Ordinal);

    [Fact]
    public async Task Nothing_behind_logout_is_run()
    {
        using var lane = await PipelinedPairs.CreateAsync(fixture, PairState.Selected);
        foreach (var command in AnyState.Concat(SelectedState))
        {
            var lines = await lane.PlayToTheEndAsync($"a LOGOUT\r\nb {command.Replace("»", "", StringComparison.Ordinal).Replace("›", "", StringComparison.Ordinal)}\r\n");
            lines.Count.ShouldBe(2, command);
            lines[0].ShouldStartWith("* BYE ");
            lines[1].ShouldStartWith("a OK ");
        }
    }

    [Fact]
    public async Task Every_command_follows_every_other_without_waiting()
    {
        var user = await fixture.UserAsync();
        for (var i = 0; i < 12; i++)
            await user.DeliverAsync($"Subject: {i}\n\nbody\n");
        using var client = await user.LogInAsync();
        using var other = await user.LogInAsync("SELECT INBOX");
        var random = new Random(7);
        for (var i = 0; i < Commands.Length; i++)
        {
            // One write: the command between all those that it was not between yet; while it is worked on, somebody else changes things
            var first = Commands[i];
            var batch = new StringBuilder("s0 SELECT INBOX\r\n");
            var tags = new List<string> { "s0" };
            foreach (var second in Commands.Skip(i).OrderBy(_ => random.Next()))
            {
                Add(batch, tags, first);
                Add(batch, tags, second);
                if (random.Next(4) == 0)
                    Add(batch, tags, "APPEND INBOX {14+}\r\nSubject: x\r\n\r\n");
            }

            await client.Socket.SendAsync(batch.ToString());
            var disturbance = DisturbAsync(other);
            await ReadAsync(client, tags, first);
            await disturbance;
        }
    }

    private static void Add(StringBuilder batch, List<string> tags, string commands)
    {
        foreach (var (command, after) in Split(commands))
        {
            tags.Add($"p{tags.Count}");
            batch.Append(CultureInfo.InvariantCulture, $"{tags[^1]} {command}\r\n{after}");
        }
    }

    // What follows on a line of its own is another command, but for literals and for DONE.
    private static IEnumerable<(string Command, string After)> Split(string commands)
    {
        if (commands.Contains("{14+}", StringComparison.Ordinal))
            return [(commands, "")];
        if (commands.StartsWith("IDLE", StringComparison.Ordinal))
            return [("IDLE", "DONE\r\n")];
        return commands.Split("\r\n").Select(static command => (command, ""));
    }

    private static async Task DisturbAsync(ImapClient other)
    {
        await other.DoAsync("UID STORE 1:* +FLAGS.SILENT ($x)");
        await other.DoAsync("UID STORE * +FLAGS.SILENT (\\Deleted)");
        await other.DoAsync("EXPUNGE");
    }

    // Answers come in the order of the commands, and no message number is above the number of messages told.
    private static async Task ReadAsync(ImapClient client, List<string> tags, string first)
    {
        var next = 0;
        var messages = int.MaxValue;
        while (next < tags.Count)
        {
            var line = await client.Socket.LineAsync();
            line.ShouldNotBeNull($"after {tags[next]} of the commands behind {first}");
            if (Regex.Match(line, @"^\* (\d+) (EXISTS|EXPUNGE|FETCH)") is { Success: true } match)
            {
                var number = int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture);
                if (match.Groups[2].Value == "EXISTS")
                    messages = number;
                else
                    number.ShouldBeLessThanOrEqualTo(messages, line);
                if (match.Groups[2].Value == "EXPUNGE")
                    messages--;
            }
            else if (Regex.Match(line, @"^(\w+) (OK|NO|BAD)(.*)") is { Success: true } tagged)
            {
                tagged.Groups[1].Value.ShouldBe(tags[next++], line);
                if (tagged.Groups[2].Value == "BAD")
                    tagged.Groups[3].Value.ShouldContain("No such message");
            }
        }
    }
}
