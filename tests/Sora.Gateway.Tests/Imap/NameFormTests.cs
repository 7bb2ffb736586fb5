using System.Text;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Names of mailboxes: decomposed and composed ones are the same (RFC 9051 section 5.1), and what can be no name.</summary>
[Collection("imap")]
public sealed class NameFormTests(ImapFixture fixture)
{
    // Both ways to write it, decomposed and composed, as bytes of the wire
    private const string Utf7Decomposed = "Cafe&AwE-";
    private const string Utf7 = "Caf&AOk-";
    private static readonly string Utf8Decomposed = Latin("Cafe\u0301");
    private static readonly string Utf8 = Latin("Café");

    [Fact]
    public async Task A_decomposed_name_in_modified_utf7_is_the_composed_one_in_every_command()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync($$"""
            C: a CREATE {{Utf7Decomposed}}
            S: a OK [MAILBOXID (…)] CREATE completed
            C: b CREATE {{Utf7}}
            S: b NO [ALREADYEXISTS] …
            C: c LIST "" *&AwE-
            S: c OK LIST completed
            C: d LIST "" C*{{Utf7Decomposed[1..]}}
            S: * LIST (\HasNoChildren) "/" {{Utf7}}
            S: d OK LIST completed
            C: e LIST {{Utf7Decomposed}} ""
            S: …
            S: e OK LIST completed
            C: f SUBSCRIBE {{Utf7Decomposed}}
            S: f OK …
            C: g LSUB "" {{Utf7Decomposed}}
            S: * LSUB () "/" {{Utf7}}
            S: g OK LSUB completed
            C: h STATUS {{Utf7Decomposed}} (MESSAGES)
            S: * STATUS {{Utf7}} (MESSAGES 0)
            S: h OK STATUS completed
            C: i APPEND {{Utf7Decomposed}} {14+}
            C: Subject: x
            C: 
            C: 
            S: i OK [APPENDUID …] APPEND completed
            """);
        await client.DoAsync($"SELECT {Utf7Decomposed}");
        await client.PlayAsync($$"""
            C: j COPY 1 {{Utf7Decomposed}}
            S: * 2 EXISTS
            S: * 2 RECENT
            S: j OK [COPYUID …] COPY completed
            C: k UNSELECT
            S: k OK …
            C: l GETACL {{Utf7Decomposed}}
            S: * ACL {{Utf7}} …
            S: l OK …
            C: m MYRIGHTS {{Utf7Decomposed}}
            S: * MYRIGHTS {{Utf7}} …
            S: m OK …
            C: n SETMETADATA {{Utf7Decomposed}} (/private/comment "c")
            S: n OK …
            C: o GETMETADATA {{Utf7}} /private/comment
            S: * METADATA {{Utf7}} (/private/comment "c")
            S: o OK …
            C: p GETQUOTAROOT {{Utf7Decomposed}}
            S: * QUOTAROOT {{Utf7}} …
            S: …
            S: p OK …
            C: q ESEARCH IN (mailboxes {{Utf7Decomposed}}) RETURN (COUNT) ALL
            S: * ESEARCH (TAG "q" MAILBOX {{Utf7}} UIDVALIDITY …) UID COUNT 2
            S: q OK …
            C: r RENAME {{Utf7Decomposed}} T{{Utf7Decomposed}}
            S: r OK …
            C: s UNSUBSCRIBE {{Utf7Decomposed}}
            S: s OK …
            C: t LSUB "" *{{Utf7}}
            S: t OK LSUB completed
            C: u DELETE T{{Utf7}}
            S: u OK …
            """);
    }

    [Fact]
    public async Task Decomposed_utf8_is_the_composed_name_and_a_client_of_rev2_is_told()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync("ENABLE IMAP4rev2");
        await client.PlayAsync($$"""
            C: a CREATE "{{Utf8Decomposed}}"
            S: * LIST (\HasNoChildren) "/" "{{Utf8}}" ("OLDNAME" ("{{Utf8Decomposed}}"))
            S: a OK [MAILBOXID (…)] CREATE completed
            C: b CREATE "{{Utf8}}/x/"
            S: b OK [MAILBOXID (…)] CREATE completed
            C: c LIST "" "{{Utf8Decomposed}}/%"
            S: * LIST (\HasNoChildren) "/" "{{Utf8}}/x"
            S: c OK LIST completed
            C: d APPEND "{{Utf8Decomposed}}" {14+}
            C: Subject: x
            C: 
            C: 
            S: * LIST (\HasChildren) "/" "{{Utf8}}" ("OLDNAME" ("{{Utf8Decomposed}}"))
            S: d OK [APPENDUID …] APPEND completed
            C: e SELECT "{{Utf8Decomposed}}"
            S: * FLAGS …
            S: * OK [PERMANENTFLAGS …
            S: * 1 EXISTS
            S: * OK [UIDVALIDITY …
            S: * OK [UIDNEXT 2] …
            S: * OK [HIGHESTMODSEQ …
            S: * OK [MAILBOXID …
            S: * LIST (\HasChildren) "/" "{{Utf8}}" ("OLDNAME" ("{{Utf8Decomposed}}"))
            S: e OK [READ-WRITE] SELECT completed
            C: f CLOSE
            S: f OK …
            C: g RENAME "{{Utf8}}/x" "{{Utf8Decomposed}}/y"
            S: * LIST (\HasNoChildren) "/" "{{Utf8}}/y" ("OLDNAME" ("{{Utf8}}/x"))
            S: g OK RENAME completed
            C: h RENAME "{{Utf8}}/y" "{{Utf8}}/z"
            S: h OK RENAME completed
            C: i DELETE "{{Utf8Decomposed}}/z"
            S: * LIST (\NonExistent) "/" "{{Utf8}}/z" ("OLDNAME" ("{{Utf8Decomposed}}/z"))
            S: i OK DELETE completed
            C: j RENAME "{{Utf8Decomposed}}" {{Utf7}}
            S: * LIST (\HasNoChildren) "/" Caf&AOk- ("OLDNAME" ("{{Utf8Decomposed}}"))
            S: j OK RENAME completed
            """);
    }

    [Fact]
    public async Task A_client_of_rev1_that_writes_utf8_reads_modified_utf7_and_hears_nothing_of_old_names()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.PlayAsync($$"""
            C: a CREATE "{{Utf8Decomposed}}"
            S: a OK [MAILBOXID (…)] CREATE completed
            C: b LIST "" "{{Utf8Decomposed}}"
            S: * LIST (\HasNoChildren) "/" {{Utf7}}
            S: b OK LIST completed
            C: c DELETE "{{Utf8}}"
            S: c OK DELETE completed
            """);
    }

    [Fact]
    public async Task Whoever_watches_a_decomposed_name_watches_the_mailbox()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync($"CREATE {Utf7}");
        await client.DoAsync($"NOTIFY SET (mailboxes {Utf7Decomposed} (MessageNew MessageExpunge))");
        using var other = await user.LogInAsync();
        await other.DoAsync($"APPEND {Utf7Decomposed} {{14+}}\r\nSubject: x\r\n\r\n");
        await client.PlayAsync($"S: * STATUS {Utf7} (MESSAGES 1 UIDNEXT 2 …");
    }

    [Theory]
    [InlineData("\"a//b\"")]
    [InlineData("\"/a\"")]
    [InlineData("\"a//\"")]
    [InlineData("\"\"")]
    [InlineData("\"/\"")]
    [InlineData("\"a/../b\"")]
    [InlineData("\"100%\"")]
    [InlineData("\"a*\"")]
    [InlineData("\"a\tb\"")]
    [InlineData("{3+}\r\na\r\n")]
    [InlineData("\"a\x7F\"")]
    [InlineData("&AAo-")] // a line feed
    [InlineData("&AIU-")] // a C1 control
    [InlineData("&ICg-")] // U+2028
    [InlineData("&ICk-")] // U+2029
    [InlineData("&2AA-")] // half a character
    [InlineData("&AGE-")] // "a", which modified UTF-7 writes as it is
    [InlineData("&Jjo")] // no end
    public async Task What_can_be_no_name_is_refused_and_nothing_breaks(string name)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        (await client.RunAsync($"CREATE {name}"))[^1].ShouldStartWith("NO ");
        (await client.RunAsync($"SELECT {name}"))[^1].ShouldStartWith("NO ");
        (await client.RunAsync($"STATUS {name} (MESSAGES)"))[^1].ShouldStartWith("NO ");
        (await client.RunAsync($"RENAME Trash {name}"))[^1].ShouldStartWith("NO ");
        (await client.DoAsync("LIST \"\" *")).Count.ShouldBe(6);
    }

    [Theory]
    [InlineData(1, 255, true)]
    [InlineData(1, 256, false)]
    [InlineData(3, 250, true)]
    [InlineData(4, 250, false)] // 1003 bytes
    [InlineData(32, 10, true)]
    [InlineData(33, 10, false)]
    public async Task Long_names_have_limits(int levels, int length, bool isFine)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        var name = string.Join('/', Enumerable.Repeat(new string('n', length), levels));
        (await client.RunAsync($"CREATE {name}"))[^1].ShouldStartWith(isFine ? "OK " : "NO [LIMIT] ");
    }

    [Fact]
    public async Task What_is_counted_is_the_composed_name()
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync();
        await client.DoAsync($"CREATE \"{Latin(string.Concat(Enumerable.Repeat("e\u0301", 127)))}\""); // 381 bytes become 254
        (await client.DoAsync("LIST \"\" &AOk-*"))[0].ShouldNotContain("AwE");
        (await client.RunAsync($"CREATE {{40000+}}\r\n{Latin("x" + string.Concat(Enumerable.Repeat("\u0301\u0323", 10_000)))[..40_000]}"))[^1].ShouldStartWith("NO ");
    }

    [Theory]
    [InlineData("UTF8=ACCEPT")]
    [InlineData("IMAP4rev2")]
    public async Task Bytes_that_are_no_utf8_are_BAD_once_strings_are_utf8(string extension)
    {
        var user = await fixture.UserAsync();
        using var client = await user.LogInAsync($"ENABLE {extension}");
        await client.DoAsync("SELECT INBOX");
        string[] commands =
        [
            "CREATE \"a\xff\"", "STATUS \"\xc3(\" (MESSAGES)", "LIST \"\" \"\xe2\x28\xa1\"", "SEARCH SUBJECT \"\xed\xa0\x80\"", "SEARCH HEADER X \"\xc0\x80\"",
        ];
        foreach (var command in commands)
        {
            (await client.RunAsync(command))[^1].ShouldStartWith("BAD ", Case.Sensitive, command);
            await client.DoAsync("NOOP"); // five bad ones in a row would end the connection
        }

        (await client.RunAsync("SEARCH SUBJECT \"\xc3\xa9\""))[^1].ShouldStartWith("OK ");
    }

    private static string Latin(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
