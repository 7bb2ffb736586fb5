using System.Globalization;
using System.Text.RegularExpressions;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>CONTEXT=SEARCH and CONTEXT=SORT (RFC 5267): results that are kept up to date.</summary>
[Collection("imap")]
public sealed partial class SearchContextTests(ImapFixture fixture)
{
    private const string Mail = "Subject: hello\n\nbody\n";

    [Fact]
    public async Task Search_results_follow_the_mailbox()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail, Mail, Mail);
        using var b = await user.LogInAsync("SELECT INBOX");
        using var a = await user.LogInAsync("SELECT INBOX");
        await a.PlayAsync("""
            C: B00 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk
            S: * ESEARCH (TAG "B00") COUNT 4
            S: B00 OK SEARCH completed
            C: B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk
            S: * ESEARCH (TAG "B01") UID COUNT 0
            S: B01 OK SEARCH completed
            C: B02 SEARCH RETURN (UPDATE) NOT DELETED 2:*
            S: * ESEARCH (TAG "B02")
            S: B02 OK SEARCH completed
            C: B01 SEARCH RETURN (UPDATE COUNT) ALL
            S: B01 BAD Tag reuse
            """);
        await b.DoAsync("STORE 2:3 +FLAGS (\\Deleted $Junk)");
        await a.PlayAsync("""
            C: a1 NOOP
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 2 FETCH (FLAGS (\Deleted $Junk))
            S: * 3 FETCH (FLAGS (\Deleted $Junk))
            S: * ESEARCH (TAG "B01") UID ADDTO (0 2:3)
            S: * ESEARCH (TAG "B02") REMOVEFROM (0 2:3)
            S: a1 OK NOOP completed
            """);
        await b.DoAsync("STORE 3 -FLAGS (\\Deleted)");
        await b.DoAsync("EXPUNGE");
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Deleted, "$Junk"));
        // Sequence numbers of an EXPUNGE that has not been told must not change
        await a.PlayAsync("""
            C: a2 FETCH 4 UID
            S: * 3 FETCH (FLAGS ($Junk))
            S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 3)
            S: * ESEARCH (TAG "B02") ADDTO (0 3)
            S: * 4 FETCH (UID 4)
            S: a2 OK FETCH completed
            C: a3 IDLE
            S: + idling
            S: * ESEARCH (TAG "B01") UID REMOVEFROM (0 2)
            S: * 2 EXPUNGE
            S: * 4 EXISTS
            """);
        (await a.Socket.LineAsync())!.ShouldBe("* 1 RECENT");
        await a.PlayAsync("""
            S: * ESEARCH (TAG "B01") UID ADDTO (0 5)
            C: DONE
            S: a3 OK IDLE completed
            C: B04 CANCELUPDATE "B01"
            S: B04 OK CANCELUPDATE completed
            C: B05 CANCELUPDATE "B01"
            S: B05 BAD …
            C: B06 CANCELUPDATE B02
            S: B06 BAD …
            """);
        await b.DoAsync("STORE 1:* -FLAGS (\\Deleted)");
        (await a.DoAsync("NOOP")).ShouldNotContain(static line => line.Contains("B01", StringComparison.Ordinal));
        await a.DoAsync("UNSELECT");
        await a.DoAsync("SELECT INBOX");
        await b.DoAsync("STORE 1:* +FLAGS (\\Deleted)");
        (await a.DoAsync("NOOP")).ShouldNotContain(static line => line.Contains("ESEARCH", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Update_can_fetch_new_messages_that_join()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var b = await user.LogInAsync("SELECT INBOX");
        using var a = await user.LogInAsync("SELECT INBOX");
        await a.PlayAsync("""
            C: a1 UID SEARCH RETURN (UPDATE (UID BODY.PEEK[TEXT]) COUNT) FLAGGED
            S: * ESEARCH (TAG "a1") UID COUNT 0
            S: a1 OK SEARCH completed
            """);
        await b.DoAsync("STORE 2 +FLAGS.SILENT (\\Flagged)");
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Flagged));
        await user.DeliverAsync(Mail);
        await a.PlayAsync("""
            C: a2 NOOP
            S: * 4 EXISTS
            S: * 2 RECENT
            S: * 2 FETCH (FLAGS (\Flagged))
            S: * 3 FETCH (UID 3 BODY[TEXT] {6}
            S: body
            S: )
            S: * ESEARCH (TAG "a1") UID ADDTO (0 2:3)
            S: a2 OK NOOP completed
            """);

        // A message that was there before is not news when its flags make it a member
        await b.DoAsync("UID STORE 4 +FLAGS.SILENT (\\Flagged)");
        (await a.DoAsync("NOOP")).ShouldContain("* ESEARCH (TAG \"a1\") UID ADDTO (0 4)");
        (await a.DoAsync("NOOP")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_result_that_cannot_be_updated_ends_with_NOUPDATE()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("NOOP");
        await client.PlayAsync("""
            C: a1 SEARCH RETURN (UPDATE) BODY body
            S: * ESEARCH (TAG "a1")
            S: a1 OK SEARCH completed
            """);
        const string Broken = "Subject: cannot be read\n\nbody\n";
        fixture.Messages.BrokenSize = Broken.Length + 3;
        try
        {
            await user.DeliverAsync(Broken);
            await client.PlayAsync("""
                C: a2 NOOP
                S: * 1 EXISTS
                S: * 1 RECENT
                S: * NO [NOUPDATE "a1"] …
                S: a2 OK NOOP completed
                C: a3 CANCELUPDATE "a1"
                S: a3 BAD …
                """);
        }
        finally
        {
            fixture.Messages.BrokenSize = null;
        }
    }

    [Fact]
    public async Task Too_many_contexts_are_refused_and_the_search_is_not()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        for (var i = 0; i < fixture.Options.MaxSearchContexts; i++)
            await client.DoAsync("UID SEARCH RETURN (UPDATE COUNT) ALL");
        await client.PlayAsync("""
            C: B02 UID SORT RETURN (UPDATE COUNT) (DATE) UTF-8 UNKEYWORD $Junk
            S: * NO [NOUPDATE "B02"] Too many contexts
            S: * ESEARCH (TAG "B02") UID COUNT 1
            S: B02 OK SORT completed, will not notify
            """);
    }

    [Fact]
    public async Task New_uids_of_an_open_range_join_and_sequence_numbers_stay_what_they_were()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        await client.DoAsync("SEARCH RETURN (SAVE) 1");
        await client.PlayAsync("""
            C: a1 UID SEARCH RETURN (UPDATE ALL) UID 2:*
            S: * ESEARCH (TAG "a1") UID ALL 2
            S: a1 OK SEARCH completed
            C: a2 UID SEARCH RETURN (UPDATE ALL) 1:*
            S: * ESEARCH (TAG "a2") UID ALL 1:2
            S: a2 OK SEARCH completed
            C: a3 UID SEARCH RETURN (UPDATE ALL) $
            S: * ESEARCH (TAG "a3") UID ALL 1
            S: a3 OK SEARCH completed
            C: a4 UID SEARCH RETURN (SAVE) 2
            S: a4 OK SEARCH completed
            """);
        await user.DeliverAsync(Mail);
        await client.PlayAsync("""
            C: a5 NOOP
            S: * 3 EXISTS
            S: * 3 RECENT
            S: * ESEARCH (TAG "a1") UID ADDTO (0 3)
            S: a5 OK NOOP completed
            """);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_that_applies_the_updates_has_the_servers_result(bool byUid)
    {
        const string Criteria = "(REVERSE SUBJECT SIZE) UTF-8 UNSEEN";
        var uid = byUid ? "UID " : "";
        var user = await fixture.UserAsync();
        using var a = await user.LogInAsync("SELECT INBOX");
        using var b = await user.LogInAsync("SELECT INBOX");
        var search = (await a.DoAsync($"{uid}SORT RETURN (UPDATE ALL) {Criteria}")).Single();
        var tag = search[..(search.IndexOf(')', StringComparison.Ordinal) + 1)];
        var result = new List<int>();
        var random = new Random(5267);
        for (var round = 0; round < 60; round++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    for (var i = random.Next(4); i >= 0; i--)
                        await user.DeliverAsync($"Subject: s{random.Next(5)}\n\n{new string('x', random.Next(5))}\n");
                    break;
                case 2:
                    await b.RunAsync($"STORE {random.Next(1, 8)},{random.Next(1, 12)} {(random.Next(2) == 0 ? '+' : '-')}FLAGS.SILENT (\\Seen)");
                    break;
                default:
                    await b.RunAsync($"STORE {random.Next(1, 15)} +FLAGS.SILENT (\\Deleted)");
                    await b.DoAsync("EXPUNGE");
                    break;
            }

            foreach (var line in await a.DoAsync(random.Next(3) == 0 ? "CHECK" : "NOOP"))
                Apply(line, tag, result, byUid);
            await b.DoAsync("NOOP");
            (await a.DoAsync($"{uid}SORT {Criteria}")).ShouldBe([string.Concat("* SORT", string.Concat(result.Select(static number => $" {number}")))], $"round {round}");
        }
    }

    // What a client does with one untagged response
    private static void Apply(string line, string tag, List<int> result, bool byUid)
    {
        if (!byUid && line.EndsWith(" EXPUNGE", StringComparison.Ordinal))
        {
            var number = int.Parse(line.Split(' ')[1], CultureInfo.InvariantCulture);
            result.ShouldNotContain(number);
            for (var i = 0; i < result.Count; i++)
                result[i] -= result[i] > number ? 1 : 0;
        }

        if (!line.StartsWith(tag, StringComparison.Ordinal))
            return;
        foreach (Match item in Items().Matches(line))
        {
            var fields = item.Groups[2].Value.Split(' ');
            for (var i = 0; i < fields.Length; i += 2)
            {
                var at = int.Parse(fields[i], CultureInfo.InvariantCulture) - 1;
                var numbers = fields[i + 1].Split(',').SelectMany(Range).ToList();
                if (item.Groups[1].Value == "ADDTO")
                {
                    result.InsertRange(at, numbers);
                    continue;
                }

                result.GetRange(at, numbers.Count).ShouldBe(numbers);
                result.RemoveRange(at, numbers.Count);
            }
        }
    }

    private static IEnumerable<int> Range(string text)
    {
        var ends = text.Split(':').Select(static end => int.Parse(end, CultureInfo.InvariantCulture)).ToArray();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }

    [GeneratedRegex("(ADDTO|REMOVEFROM) \\(([0-9:, ]+)\\)")]
    private static partial Regex Items();
}
