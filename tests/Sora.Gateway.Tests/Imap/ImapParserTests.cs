using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Commands;
using Sora.Gateway.Imap.Fetch;
using Sora.Gateway.Imap.Search;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Tests.Imap;

public sealed class ImapParserTests
{
    private delegate string Rule(ref ImapParser parser);

    [Theory]
    [InlineData("abc", "abc")]
    [InlineData("a]b", "a]b")]
    [InlineData("\"\"", "")]
    [InlineData("\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("{3}\r\na\"b", "a\"b")]
    [InlineData("{3+}\r\na\nb", "a\nb")]
    [InlineData("{3}\na b", "a b")]
    [InlineData("", null)]
    [InlineData("(", null)]
    [InlineData("\"abc", null)]
    [InlineData("\"a\\bc\"", null)]
    [InlineData("\"a\rb\"", null)]
    [InlineData("{4}\r\nabc", null)]
    [InlineData("{3}abc", null)]
    [InlineData("{2}\r\na\0", null)]
    [InlineData("é", null)]
    public void AString(string input, string? expected) =>
        Check(input, expected, static (ref ImapParser parser) => Encoding.Latin1.GetString(parser.AString()));

    [Theory]
    [InlineData("0", "0")]
    [InlineData("4294967295", "4294967295")]
    [InlineData("4294967296", null)]
    [InlineData("99999999999999999999", null)]
    [InlineData("-1", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void Number(string input, string? expected) =>
        Check(input, expected, static (ref ImapParser parser) => parser.Number().ToString(CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("1", "1")]
    [InlineData("1:3", "1:3")]
    [InlineData("3:1", "1:3")]
    [InlineData("1,2,3", "1:3")]
    [InlineData("5,1:2,2:3", "1:3,5")]
    [InlineData("*", "5")]
    [InlineData("*:4", "4:5")]
    [InlineData("2:*", "2:5")]
    [InlineData("6:*", null)]
    [InlineData("6", null)]
    [InlineData("0", null)]
    [InlineData("1:", null)]
    [InlineData(",1", null)]
    [InlineData("1,,2", null)]
    [InlineData("1:2:3", null)]
    [InlineData("+1", null)]
    public void Sequence_set(string input, string? expected)
    {
        var index = IndexOf(10, 20, 30, 40, 50);
        Check(input, expected, (ref ImapParser parser) =>
        {
            var uids = parser.SequenceSet().ResolveNumbers(index) ?? throw new ImapSyntaxException("out of range");
            var numbers = index.Existing(uids).Select(uid => (uint)index.PositionOf(uid) + 1).ToArray();
            return UidSet.Of(numbers).ToString();
        });
    }

    [Theory]
    [InlineData("10:20", "10:20")]
    [InlineData("60", "60")]
    [InlineData("60:*", "50:60")]
    [InlineData("*", "50")]
    [InlineData("1:4294967295", "1:4294967295")]
    public void Uid_set(string input, string expected) =>
        Check(input, expected, static (ref ImapParser parser) => parser.SequenceSet().ResolveUids(IndexOf(10, 20, 30, 40, 50)).ToString());

    [Theory]
    [InlineData("\"17-Jul-1996 02:44:25 -0700\"", "1996-07-17T09:44:25")]
    [InlineData("\" 7-jul-1996 02:44:25 +0000\"", "1996-07-07T02:44:25")]
    [InlineData("\"7-Jul-1996 02:44:25 +0000\"", null)]
    [InlineData("\"31-Feb-1996 02:44:25 +0000\"", null)]
    [InlineData("\"17-Jul-96 02:44:25 +0000\"", null)]
    [InlineData("\"17-Jul-1996 02:44:25\"", null)]
    [InlineData("17-Jul-1996", null)]
    public void Date_time(string input, string? expected) =>
        Check(input, expected, static (ref ImapParser parser) => parser.DateTime().ToUniversalTime().ToString("s", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("1-Feb-1994", "1994-02-01")]
    [InlineData("01-FEB-1994", "1994-02-01")]
    [InlineData("\"1-Feb-1994\"", "1994-02-01")]
    [InlineData("30-Feb-1994", null)]
    [InlineData("1-Foo-1994", null)]
    [InlineData("1-Feb-94", null)]
    [InlineData("\"1-Feb-1994", null)]
    public void Date(string input, string? expected) =>
        Check(input, expected, static (ref ImapParser parser) => parser.Date().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("()", "None ")]
    [InlineData("(\\Seen \\DELETED)", "Seen, Deleted ")]
    [InlineData("($Work Junk $WORK)", "None $Work,Junk")]
    [InlineData("(\\Recent)", null)]
    [InlineData("(\\Nonsense)", null)]
    [InlineData("(\\Seen", null)]
    [InlineData("(a b )", null)]
    [InlineData("(\"a\")", null)]
    public void Flag_list(string input, string? expected) => Check(input, expected, static (ref ImapParser parser) =>
    {
        var flags = parser.FlagList();
        return $"{flags.System} {string.Join(',', flags.Keywords)}";
    });

    [Theory]
    [InlineData("inbox", "INBOX")]
    [InlineData("InBox/a", "INBOX/a")]
    [InlineData("\"&Jjo-!\"", "\u263a!")]
    [InlineData("&-", "&")]
    [InlineData("&", null)]
    [InlineData("&Jjo!", null)]
    [InlineData("&AGE-", null)]
    [InlineData("a//b", null)]
    [InlineData("\"\"", null)]
    public void Mailbox(string input, string? expected) =>
        Check(input, expected, static (ref ImapParser parser) => parser.Mailbox().Value);

    [Theory]
    [InlineData("FAST", "Flags InternalDate Size")]
    [InlineData("all", "Flags InternalDate Size Envelope")]
    [InlineData("FULL", "Flags InternalDate Size Envelope Body")]
    [InlineData("(UID FLAGS)", "Uid Flags")]
    [InlineData("BODY", "Body")]
    [InlineData("BODY[]", "Section[/None]!")]
    [InlineData("BODY.PEEK[1.2.MIME]<0.10>", "Section[1.2/Mime]<0.10>")]
    [InlineData("BODY[HEADER.FIELDS (To \"cc\")]", "Section[/Header]{To cc}!")]
    [InlineData("BODY[3.HEADER.FIELDS.NOT (x)]", "Section[3/Header]{x}!")]
    [InlineData("BODY[TEXT]", "Section[/Text]!")]
    [InlineData("BINARY.PEEK[1]", "Binary[1/None]")]
    [InlineData("BINARY.SIZE[1.1]", "BinarySize[1.1/None]")]
    [InlineData("RFC822.HEADER", "Rfc822Header[/Header]")]
    [InlineData("(EMAILID THREADID SAVEDATE)", "EmailId ThreadId SaveDate")]
    [InlineData("(FAST)", null)]
    [InlineData("()", null)]
    [InlineData("(UID  FLAGS)", null)]
    [InlineData("BODY[MIME]", null)]
    [InlineData("BODY[1.]", null)]
    [InlineData("BODY[0]", null)]
    [InlineData("BODY[1", null)]
    [InlineData("BODY[]<1>", null)]
    [InlineData("BODY[]<1.0>", null)]
    [InlineData("BODY[HEADER.FIELDS ()]", null)]
    [InlineData("BODY.PEEK", null)]
    [InlineData("BINARY[HEADER]", null)]
    [InlineData("NONSENSE", null)]
    public void Fetch_items(string input, string? expected) => Check(input, expected, static (ref ImapParser parser) =>
        string.Join(' ', FetchItemParser.Parse(ref parser).Select(Describe)));

    [Theory]
    [InlineData("a NOOP x")]
    [InlineData("a  NOOP")]
    [InlineData("a NOOP ")]
    [InlineData("a LOGIN x")]
    [InlineData("a SELECT INBOX (CONDSTORE")]
    [InlineData("a SELECT INBOX (X)")]
    [InlineData("a FETCH 1")]
    [InlineData("a FETCH 1 FLAGS (CHANGEDSINCE x)")]
    [InlineData("a STORE 1 FLAGS.LOUD \\Seen")]
    [InlineData("a STORE 1 +FLAGS")]
    [InlineData("a SEARCH")]
    [InlineData("a SEARCH RETURN (X) ALL")]
    [InlineData("a SEARCH OR ALL")]
    [InlineData("a SEARCH NOT")]
    [InlineData("a SEARCH (ALL")]
    [InlineData("a SEARCH BEFORE yesterday")]
    [InlineData("a SEARCH HEADER x")]
    [InlineData("a UID SEARCH UID x")]
    [InlineData("a UID NOOP")]
    [InlineData("a UID EXPUNGE")]
    [InlineData("a LIST \"\"")]
    [InlineData("a LIST (X) \"\" *")]
    [InlineData("a LIST \"\" (a b")]
    [InlineData("a STATUS INBOX ()")]
    [InlineData("a STATUS INBOX (X)")]
    [InlineData("a ENABLE")]
    [InlineData("a ID (\"a\")")]
    [InlineData("a APPEND INBOX")]
    [InlineData("a AUTHENTICATE")]
    [InlineData("a COPY 1")]
    [InlineData("a GETQUOTA")]
    [InlineData("a GETQUOTAROOT \"\"")]
    [InlineData("a SETQUOTA \"\"")]
    [InlineData("a SETQUOTA \"\" (STORAGE)")]
    [InlineData("a SETQUOTA \"\" (STORAGE 1 )")]
    [InlineData("a SETQUOTA \"\" (STORAGE -1)")]
    [InlineData("a SETQUOTA \"\" (STORAGE 9223372036854775808)")]
    [InlineData("a GETMETADATA INBOX")]
    [InlineData("a GETMETADATA INBOX ()")]
    [InlineData("a GETMETADATA INBOX /comment")]
    [InlineData("a GETMETADATA INBOX /sharedx/comment")]
    [InlineData("a GETMETADATA INBOX \"/shared/*\"")]
    [InlineData("a GETMETADATA INBOX \"/shared/%\"")]
    [InlineData("a GETMETADATA INBOX /shared//comment")]
    [InlineData("a GETMETADATA INBOX /shared/")]
    [InlineData("a GETMETADATA INBOX \"/shared/é\"")]
    [InlineData("a GETMETADATA () INBOX /shared/a")]
    [InlineData("a GETMETADATA (DEPTH 2) INBOX /shared/a")]
    [InlineData("a GETMETADATA (MAXSIZE x) INBOX /shared/a")]
    [InlineData("a GETMETADATA (NONSENSE 1) INBOX /shared/a")]
    [InlineData("a SETMETADATA INBOX /shared/a x")]
    [InlineData("a SETMETADATA INBOX ()")]
    [InlineData("a SETMETADATA INBOX (/shared/a)")]
    [InlineData("a SETMETADATA INBOX (/shared/a atom)")]
    [InlineData("a SETMETADATA INBOX (/shared \"x\")")]
    [InlineData("a SETMETADATA INBOX (/shared/a {1}\r\n\0)")]
    [InlineData("a SETMETADATA INBOX (/shared/a ~\"x\")")]
    [InlineData("a SEARCH EMAILID")]
    [InlineData("a SEARCH EMAILID \"M1\"")]
    [InlineData("a SEARCH THREADID T.1")]
    [InlineData("a SEARCH SAVEDON yesterday")]
    [InlineData("a LIST \"\" * RETURN (METADATA)")]
    [InlineData("a LIST \"\" * RETURN (METADATA ())")]
    [InlineData("a UNAUTHENTICATE x")]
    [InlineData("a X")]
    public void Broken_commands_are_errors(string command) => TryParse(Encoding.Latin1.GetBytes(command)).ShouldBeFalse();

    [Theory]
    [InlineData("a GETQUOTA \"\"")]
    [InlineData("a SETQUOTA {9}\r\n#user/a@b ()")]
    [InlineData("a SETQUOTA \"\" (storage 9223372036854775807 X-NEW 1)")]
    [InlineData("a GETMETADATA \"\" /shared/comment")]
    [InlineData("a GETMETADATA (MAXSIZE 1024 DEPTH infinity) INBOX (/Shared/comment \"/private/a b\")")]
    [InlineData("a GETMETADATA \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)")]
    [InlineData("a GETMETADATA \"INBOX\" /private/comment /shared/comment")]
    [InlineData("a GETMETADATA INBOX (DEPTH 1) /private")]
    [InlineData("a SETMETADATA INBOX (/private/comment NIL /shared/x ~{3}\r\na\0b)")]
    [InlineData("a SEARCH OR EMAILID M1 THREADID T_-9")]
    [InlineData("a SEARCH SAVEDATESUPPORTED SAVEDBEFORE 1-Feb-1994 SAVEDON 1-Feb-1994 SAVEDSINCE 1-Feb-1994")]
    [InlineData("a LIST \"\" % RETURN (METADATA (\"/shared/vendor/cmu/cyrus-imapd/color\") STATUS (MAILBOXID DELETED-STORAGE))")]
    [InlineData("a UNAUTHENTICATE")]
    public void Whole_commands(string command) => TryParse(Encoding.Latin1.GetBytes(command)).ShouldBeTrue();

    /// <summary>Such a search is refused when it runs (<see cref="SearchLimitTests"/>), but however deep it is nested, reading it ends.</summary>
    [Fact]
    public void Nesting_of_any_depth_is_read()
    {
        TryParse(Encoding.ASCII.GetBytes($"a SEARCH {new string('(', 40)}ALL{new string(')', 40)}")).ShouldBeTrue();
        TryParse(Encoding.ASCII.GetBytes($"a SEARCH {new string('(', 40)}ALL{new string(')', 39)}")).ShouldBeFalse();
        TryParse(Encoding.ASCII.GetBytes($"a SEARCH {new string('(', 20_000)}ALL{new string(')', 20_000)}")).ShouldBeTrue();
        TryParse(Encoding.ASCII.GetBytes("a SEARCH " + string.Concat(Enumerable.Repeat("NOT ", 20_000)) + "ALL")).ShouldBeTrue();
        TryParse(Encoding.ASCII.GetBytes("a SEARCH " + string.Concat(Enumerable.Repeat("OR ALL ", 20_000)) + "ALL")).ShouldBeTrue();
    }

    [Fact]
    public void Mutated_commands_parse_or_fail_cleanly()
    {
        string[] seeds =
        [
            "a UID FETCH 1:*,4 (FLAGS BODY.PEEK[1.2.HEADER.FIELDS (To Cc)]<0.100> BINARY.SIZE[1]) (CHANGEDSINCE 12)",
            "a SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR (FROM \"a\" SINCE 1-Feb-2020) NOT HEADER X {3}\r\nabc MODSEQ \"/flags/x\" all 5",
            "a UID SORT RETURN (PARTIAL -1:-5 UPDATE RELEVANCY) (REVERSE DATE SUBJECT) UTF-8 FUZZY (TEXT \"a b\") OLDER 7 $",
            "a THREAD REFERENCES UTF-8 OR NOT (1,4:*) YOUNGER 5 KEYWORD x",
            "a ESEARCH IN (personal subtree (\"x\" INBOX) mailboxes y) RETURN (MIN COUNT) CHARSET UTF-8 FROM {1}\r\nx",
            "a CANCELUPDATE \"A1\" \"A2\"",
            "a FETCH 1 (PREVIEW (LAZY) SNIPPET (LAZY=FUZZY) FLAGS)",
            "a STORE 1:* (UNCHANGEDSINCE 7) +FLAGS.SILENT (\\Seen $x)",
            "a LIST (SUBSCRIBED RECURSIVEMATCH) \"&Jjo-\" (% \"*\") RETURN (CHILDREN STATUS (MESSAGES SIZE))",
            "a CREATE \"x\" (USE (\\Sent))",
            "a LOGIN {1}\r\nx \"y\\\\\"",
            "a APPEND INBOX (\\Seen) \"17-Jul-1996 02:44:25 -0700\" ~{10+}",
            "a ID (\"a\" NIL)",
        ];
        var random = new Random(815);
        for (var round = 0; round < 5_000; round++)
        {
            var bytes = Encoding.Latin1.GetBytes(seeds[random.Next(seeds.Length)]);
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                var at = random.Next(bytes.Length);
                switch (random.Next(3))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes = [.. bytes[..at], .. bytes[(at + 1)..]];
                        break;
                    default:
                        bytes = [.. bytes[..at], (byte)"(){}\"\\ *%<>[].,:$\r\n0"[random.Next(20)], .. bytes[at..]];
                        break;
                }
            }

            TryParse(bytes);
        }
    }

    private static bool TryParse(byte[] command)
    {
        var table = Table;
        var parser = new ImapParser(command);
        try
        {
            parser.Tag();
            parser.Space();
            var start = parser.Position;
            if (Ascii.EqualsIgnoreCase(parser.AtomSpan(), "UID"u8))
            {
                parser.Space();
                parser.AtomSpan();
            }

            var row = table.Find(command.AsSpan(start..parser.Position));
            if (row is null)
                return false;
            row.Parse(ref parser, new ParseContext(row.ByUid, default));
            parser.End();
            return true;
        }
        catch (ImapSyntaxException e)
        {
            e.Message.ShouldNotBeEmpty();
            return false;
        }
    }

    private static readonly CommandTable Table = new(new GatewayMetrics());

    private static void Check(string input, string? expected, Rule rule)
    {
        var parser = new ImapParser(Encoding.Latin1.GetBytes(input));
        string? actual;
        try
        {
            actual = rule(ref parser);
            parser.End();
        }
        catch (ImapSyntaxException)
        {
            actual = null;
        }

        actual.ShouldBe(expected);
    }

    private static string Describe(FetchItem item)
    {
        var text = item.Kind.ToString();
        if (item.Section is { } section)
        {
            text += $"[{string.Join('.', section.Path)}/{section.Text}]";
            if (section.Fields is { } fields)
                text += $"{{{string.Join(' ', fields.Select(Encoding.ASCII.GetString))}}}";
            if (section.Partial is var (start, count))
                text += $"<{start}.{count}>";
        }

        return item.SetsSeen ? text + "!" : text;
    }

    private static MailboxIndex IndexOf(params uint[] uids) =>
        MailboxIndex.Empty(new MailboxId(1), new UidValidity(1)).Apply(new MailboxDelta
        {
            ModSeq = new ModSeq(1),
            Appended = uids.Select(uid => new AppendedMessage(uid, 0, 0, 0, 1, new ContentId(uid))).ToImmutableArray(),
            UidNext = uids[^1] + 1,
        });
}
