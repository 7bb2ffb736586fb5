using System.Globalization;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed partial class ObjectIdTests(ImapFixture fixture)
{
    private const string Mail = "Subject: a\n\nb\n";

    [Fact]
    public async Task Mailbox_ids_are_told_and_survive_rename()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        var foo = IdIn((await client.RunAsync("CREATE foo"))[^1]);
        var bar = IdIn((await client.RunAsync("CREATE bar"))[^1]);
        foo.ShouldNotBe(bar);
        (await client.RunAsync("CREATE foo"))[^1].ShouldStartWith("NO [ALREADYEXISTS]");
        await client.PlayAsync($"""
            C: 6 STATUS foo (mailboxid)
            S: * STATUS foo (MAILBOXID ({foo}))
            S: 6 OK STATUS completed
            C: 8 RENAME foo renamed
            S: 8 OK RENAME completed
            C: 9 STATUS renamed (MAILBOXID MESSAGES)
            S: * STATUS renamed (MAILBOXID ({foo}) MESSAGES 0)
            S: 9 OK STATUS completed
            C: 11 LIST "" (bar renamed) RETURN (STATUS (MAILBOXID))
            S: * LIST (\HasNoChildren) "/" bar
            S: * STATUS bar (MAILBOXID ({bar}))
            S: * LIST (\HasNoChildren) "/" renamed
            S: * STATUS renamed (MAILBOXID ({foo}))
            S: 11 OK LIST completed
            """);
        (await client.DoAsync("SELECT renamed")).ShouldContain($"* OK [MAILBOXID ({foo})] Stays through RENAME");
        (await client.DoAsync("EXAMINE bar")).ShouldContain($"* OK [MAILBOXID ({bar})] Stays through RENAME");
    }

    [Fact]
    public async Task Email_ids_stay_through_copy_and_move_and_can_be_searched()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail, Mail + "2", Mail + "3");
        using var client = await user.LogInAsync("SELECT INBOX");
        var ids = (await client.DoAsync("FETCH 1:* EMAILID")).ConvertAll(IdIn);
        ids.ShouldBeUnique();
        ids.ShouldAllBe(id => EmailId().IsMatch(id));
        await client.PlayAsync($"""
            C: a FETCH 2 (emailid threadid)
            S: * 2 FETCH (EMAILID ({ids[1]}) THREADID (T{ids[1]}))
            S: a OK FETCH completed
            C: b SEARCH EMAILID {ids[1]}
            S: * SEARCH 2
            S: b OK SEARCH completed
            C: c UID SEARCH OR EMAILID {ids[0]} EMAILID {ids[2]}
            S: * SEARCH 1 3
            S: c OK SEARCH completed
            C: d SEARCH EMAILID {ids[1].ToLowerInvariant()}
            S: * SEARCH
            S: d OK SEARCH completed
            C: e SEARCH THREADID T1
            S: * SEARCH
            S: e OK SEARCH completed
            C: f SEARCH NOT EMAILID M0{ids[1][1..]}
            S: * SEARCH 1 2 3
            S: f OK SEARCH completed
            """);
        await client.DoAsync("COPY 1 Archive");
        await client.DoAsync("MOVE 2 Archive");
        (await client.DoAsync("FETCH 1:* EMAILID")).ConvertAll(IdIn).ShouldBe([ids[0], ids[2]]);
        await client.DoAsync("SELECT Archive");
        (await client.DoAsync("FETCH 1:* EMAILID")).ConvertAll(IdIn).ShouldBe([ids[0], ids[1]]);
    }

    [Fact]
    public async Task The_save_date_is_that_of_this_mailbox()
    {
        var user = await fixture.UserAsync();
        await user.DeliverAsync(Mail);
        using var client = await user.LogInAsync("SELECT INBOX");
        var today = DateTime.UtcNow;
        var fetched = (await client.DoAsync("FETCH 1 (INTERNALDATE SAVEDATE)"))[0];
        fetched.ShouldStartWith("* 1 FETCH (INTERNALDATE \" 5-Feb-2020 06:07:08 +0000\" SAVEDATE \"");
        var saved = DateTimeOffset.ParseExact(
            fetched[(fetched.IndexOf("SAVEDATE \"", StringComparison.Ordinal) + 10)..^2].Trim(), "d-MMM-yyyy HH:mm:ss zzz", CultureInfo.InvariantCulture);
        (saved.UtcDateTime - today).Duration().ShouldBeLessThan(TimeSpan.FromHours(1));
        var day = saved.ToString("d-MMM-yyyy", CultureInfo.InvariantCulture);
        var next = saved.AddDays(1).ToString("d-MMM-yyyy", CultureInfo.InvariantCulture);
        await client.PlayAsync($"""
            C: a SEARCH SAVEDON {day}
            S: * SEARCH 1
            S: a OK SEARCH completed
            C: b SEARCH SAVEDSINCE {day} SAVEDBEFORE {next}
            S: * SEARCH 1
            S: b OK SEARCH completed
            C: c SEARCH OR SAVEDBEFORE {day} SAVEDSINCE {next}
            S: * SEARCH
            S: c OK SEARCH completed
            C: d SEARCH SAVEDATESUPPORTED
            S: * SEARCH 1
            S: d OK SEARCH completed
            C: e SEARCH ON 5-Feb-2020
            S: * SEARCH 1
            S: e OK SEARCH completed
            """);
    }

    private static string IdIn(string line) => Parenthesised().Match(line).Groups[1].Value;

    [GeneratedRegex("ID \\(([A-Za-z0-9_-]+)\\)")]
    private static partial Regex Parenthesised();

    [GeneratedRegex("^M[1-9][0-9]*$")]
    private static partial Regex EmailId();
}
