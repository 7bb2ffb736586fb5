using System.Globalization;
using Sora.Gateway.Imap;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// Commands of every kind, right and wrong, on sessions with every extension enabled: each gets exactly one tagged answer, nothing hangs, nothing is
/// an error to the server.
/// </summary>
[Collection("imap")]
public sealed class CommandFuzzTests(ImapFixture fixture)
{
    private const int Seed = 10022;
    private const int Rounds = 25;

    private static readonly string[] Enabled = ["", "CONDSTORE", "QRESYNC", "UTF8=ACCEPT", "IMAP4rev2", "UIDONLY", "QRESYNC UIDONLY UTF8=ACCEPT IMAP4rev2 METADATA"];
    private static readonly string[] Sets = ["1", "1:*", "*", "2,4:7", "*:1", "4294967295", "0", "$", "99999999999", "1,1,1", "1:", ""];
    private static readonly string[] Numbers = ["0", "1", "2", "100", "4294967295", "4294967296", "9223372036854775807", "18446744073709551616", "-1", "x"];
    private static readonly string[] Names =
        ["INBOX", "Trash", "{3+}\r\nnew", "&AOk-", "\"a/b/c\"", "Shared/x", "\"Other Users/nobody@example.com/INBOX\"", "\"\"", "*", "\"\\\"q\"", "NIL", "\"\\x\""];

    private static readonly string[] Texts = ["abc", "\"a b\"", "{3+}\r\nabc", "NIL", "\"\"", "\"\\x\"", "{0+}\r\n", "{2+}\r\n\u00c3\u00a9", "~{3+}\r\na\0b", "(", "{1+}\r\n\0"];
    private static readonly string[] Keys =
    [
        "ALL", "UNSEEN", "NOT SEEN", "OR 1 (2 3)", "TEXT T", "BODY T", "HEADER T T", "SINCE 1-Jan-2020", "SINCE 1-Jan-99999", "LARGER N", "UID S", "S", "MODSEQ N",
        "MODSEQ \"/flags/\\\\draft\" all N", "OLDER N", "FUZZY TEXT T", "KEYWORD T", "EMAILID T", "THREADID T", "SAVEDBEFORE 1-Jan-2030", "SAVEDATESUPPORTED",
        "UIDAFTER N", "UIDBEFORE N", "((((((((((ALL))))))))))", "(ALL", "FUZZY", "NOT",
    ];

    private static readonly string[] Returns =
    [
        "", "RETURN () ", "RETURN (ALL) ", "RETURN (MIN MAX COUNT) ", "RETURN (SAVE) ", "RETURN (PARTIAL N:N) ", "RETURN (UPDATE) ", "RETURN (CONTEXT COUNT) ",
        "RETURN (RELEVANCY ALL) ", "RETURN (UPDATE (UID FLAGS)) ", "RETURN (X) ",
    ];

    private static readonly string[] Items =
    [
        "FLAGS", "(UID FLAGS MODSEQ)", "ENVELOPE", "BODYSTRUCTURE", "BODY[]", "BODY.PEEK[1.2.3.MIME]", "BODY[HEADER.FIELDS (Subject)]<0.10>", "BINARY[1]", "BINARY.PEEK[1]<1.5>",
        "BINARY.SIZE[1]", "RFC822", "(SAVEDATE EMAILID THREADID)", "PREVIEW (LAZY)", "SNIPPET (LAZY=FUZZY)", "BODY[99999999999]", "BODY[0]", "FULL", "BODY[]<99.0>", "()", "X",
    ];

    // S: set, N: number, M: mailbox, T: text, K: search key, R: RETURN, I: FETCH items
    private static readonly string[] Commands =
    [
        "NOOP", "CAPABILITY", "SELECT M", "SELECT INBOX", "SELECT INBOX (QRESYNC (N N S (S S)))", "EXAMINE INBOX (CONDSTORE)", "CREATE M", "CREATE M (USE (\\Junk))", "DELETE M",
        "RENAME M M", "SUBSCRIBE M", "UNSUBSCRIBE M", "LIST \"\" M", "LSUB \"\" *", "NAMESPACE", "ID NIL", "ID (\"name\" T)", "CHECK", "EXPUNGE", "UID EXPUNGE S", "CLOSE", "UNSELECT",
        "LIST (SUBSCRIBED RECURSIVEMATCH REMOTE) \"\" (* %) RETURN (CHILDREN STATUS (MESSAGES SIZE DELETED) MYRIGHTS METADATA (/private/comment) SPECIAL-USE)",
        "STATUS M (MESSAGES RECENT UIDNEXT UIDVALIDITY UNSEEN SIZE DELETED DELETED-STORAGE APPENDLIMIT HIGHESTMODSEQ MAILBOXID)", "APPEND M {3+}\r\nabc", "APPEND INBOX {3+}\r\nabc {3+}\r\ndef",
        "APPEND INBOX (\\Seen) \"01-Jan-2020 00:00:00 +0000\" ~{5+}\r\na\0b\r\n", "APPEND INBOX CATENATE (TEXT {5+}\r\nS: x\n URL \"/INBOX/;UID=1\")", "APPEND INBOX CATENATE (URL T)",
        "APPEND INBOX UTF8 (~{3+}\r\nabc)", "REPLACE S M {4+}\r\nabcd", "UID REPLACE S INBOX {4+}\r\nabcd", "SEARCH RK", "UID SEARCH RK", "SEARCH CHARSET T K", "SORT R(DATE REVERSE SUBJECT) UTF-8 K",
        "UID SORT R(T) UTF-8 K", "THREAD REFERENCES UTF-8 K", "UID THREAD REFS UTF-8 K", "THREAD T UTF-8 K", "ESEARCH IN (personal) RK", "ESEARCH IN (mailboxes M subtree M) RK", "ESEARCH IN (T) RK",
        "FETCH S I", "UID FETCH S I", "UID FETCH S I (CHANGEDSINCE N VANISHED)", "UID FETCH S I (PARTIAL N:N)", "STORE S +FLAGS (\\Seen $x)", "UID STORE S (UNCHANGEDSINCE N) -FLAGS.SILENT (\\Seen)",
        "STORE S FLAGS T", "COPY S M", "UID MOVE S M", "GETQUOTA T", "GETQUOTAROOT M", "SETQUOTA \"\" (STORAGE N)", "GETACL M", "SETACL M T +lr", "DELETEACL M T", "LISTRIGHTS M T", "MYRIGHTS M",
        "GETMETADATA (DEPTH infinity MAXSIZE N) M (/shared /private)", "SETMETADATA M (/private/comment T)", "SETMETADATA \"\" (T T)", "NOTIFY NONE", "NOTIFY SET (T)",
        "NOTIFY SET STATUS (personal (MessageNew (FLAGS UID) MessageExpunge FlagChange MailboxName)) (selected (MessageNew MessageExpunge))", "UIDBATCHES N", "UIDBATCHES N N:N",
        "ENABLE T", "CANCELUPDATE T", "T T", "FETCH", "UID",
    ];

    [Fact]
    public async Task Every_command_gets_one_answer()
    {
        var random = new Random(Seed);
        var user = await fixture.UserAsync();
        var errors = LoggedErrors.Count;
        await using var gateway = await fixture.StartAsync(TimeProvider.System, new ImapOptions { IdVersion = "1.0", MaxBadCommands = 1000 });
        for (var round = 0; round < Rounds; round++)
        {
            await user.DeliverAsync("Subject: x\n\ny\n", "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nz\n--b--\n");
            using var client = new ImapClient(await gateway.ConnectAsync());
            await client.PlayAsync("S: * OK …");
            await client.DoAsync($"LOGIN {user.Address} secret");
            await client.DoAsync("SELECT INBOX");
            if (Enabled[round % Enabled.Length] is { Length: > 0 } extensions)
                await client.DoAsync("ENABLE " + extensions);
            if (round % 3 == 2)
            {
                await client.DoAsync("COMPRESS DEFLATE");
                client.Socket.StartDeflate();
            }

            for (var batch = 0; batch < 20 && await SendAsync(client, random); batch++)
            {
            }
        }

        using var last = await user.LogInAsync("SELECT INBOX");
        await last.DoAsync("NOOP");
        LoggedErrors.Count.ShouldBe(errors, "what the server logs as an error is a fault of its own");
    }

    /// <summary>Sends some commands at once; false when the server has said BYE.</summary>
    private static async Task<bool> SendAsync(ImapClient client, Random random)
    {
        var commands = Enumerable.Range(0, random.Next(1, 5)).Select(_ => Spoiled(Command(random), random)).ToList();
        var text = string.Concat(commands.Select(static (command, i) => string.Create(CultureInfo.InvariantCulture, $"x{i} {command}\r\n")));
        await client.Socket.SendAsync(text + "end NOOP\r\n");
        var answers = new int[commands.Count];
        while (true)
        {
            var line = await client.Socket.LineAsync();
            if (line is null || line.StartsWith("* BYE", StringComparison.Ordinal))
            {
                line.ShouldNotBeNull($"the connection ended without BYE (seed {Seed}): {text}");
                return false;
            }

            if (line.StartsWith("end ", StringComparison.Ordinal))
                break;
            for (var i = 0; i < answers.Length; i++)
            {
                if (line.StartsWith(string.Create(CultureInfo.InvariantCulture, $"x{i} "), StringComparison.Ordinal))
                    answers[i]++;
            }
        }

        answers.ShouldAllBe(static count => count == 1, $"seed {Seed}: {text}");
        return true;
    }

    private static string Command(Random random)
    {
        var text = Commands[random.Next(Commands.Length)];
        foreach (var (letter, choices) in new[] { ('R', Returns), ('K', Keys), ('I', Items), ('S', Sets), ('N', Numbers), ('M', Names), ('T', Texts) })
            text = Fill(text, letter, choices, random);
        return text;
    }

    // A letter that stands alone, or before another one
    private static string Fill(string text, char letter, string[] choices, Random random)
    {
        for (var at = text.Length - 1; at >= 0; at--)
        {
            var isAlone = text[at] == letter && (at == 0 || " (:R".Contains(text[at - 1], StringComparison.Ordinal))
                && (at == text.Length - 1 || " ):K(".Contains(text[at + 1], StringComparison.Ordinal));
            if (isAlone)
                text = text[..at] + choices[random.Next(choices.Length)] + text[(at + 1)..];
        }

        return text;
    }

    // Commands with literals stay whole: a spoiled one would take the next commands for its bytes, as it should
    private static string Spoiled(string command, Random random)
    {
        if (command.Contains('{', StringComparison.Ordinal) || random.Next(4) > 0)
            return command;
        var at = random.Next(command.Length + 1);
        return random.Next(4) switch
        {
            0 => command[..at],
            1 => command[..at] + "()\"\\}\0\u00ff %*"[random.Next(10)] + command[at..],
            2 => command + command,
            _ => command[at..],
        };
    }
}
