using System.Text.RegularExpressions;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// RFC 4314 section 4, command by command: with exactly the rights it needs it works, with all rights but one of those it does not. The rights come from
/// the user's own entry or from anyone's, and are kept from him by having no entry or a negative one.
/// </summary>
[Collection("imap")]
public sealed class RightsMatrixTests(ImapFixture fixture)
{
    private const string All = "lrswipkxtea";
    private const string Mail = "Subject: x\r\n\r\nx\r\n";

    private readonly string _domain = $"{Guid.NewGuid():n}.example"; // what is shared with anyone stays in it

    public enum Way
    {
        User,
        Anyone,
        UserNegative,
        AnyoneNegative,
    }

    /// <summary>How a command that lacks a right is answered where the mailbox may not even be looked up.</summary>
    public enum Hidden
    {
        AsIfItDidNotExist,
        AsWhereItIsVisible,
    }

    // The mailbox that was selected before (with all rights), the command, the rights it needs
    private static readonly (string Selected, string Command, string Needed, Hidden Hidden)[] _refused =
    [
        ("", "SELECT {box}", "r", Hidden.AsIfItDidNotExist),
        ("", "EXAMINE {box}", "r", Hidden.AsIfItDidNotExist),
        ("", "STATUS {box} (MESSAGES UIDNEXT)", "r", Hidden.AsIfItDidNotExist),
        ("", "SUBSCRIBE {box}", "l", Hidden.AsIfItDidNotExist),
        ("", "CREATE {box/x}", "k", Hidden.AsWhereItIsVisible),
        ("", "CREATE {box/x/y}", "k", Hidden.AsWhereItIsVisible),
        ("", "RENAME {Work/Other} {box/x}", "k", Hidden.AsWhereItIsVisible),
        ("", "RENAME {box} {Work/x}", "x", Hidden.AsIfItDidNotExist),
        ("", "DELETE {box}", "x", Hidden.AsIfItDidNotExist),
        ("", "SETACL {box} {me} l", "a", Hidden.AsIfItDidNotExist),
        ("", "SETACL {box} -{me} l", "a", Hidden.AsIfItDidNotExist),
        ("", "DELETEACL {box} {me}", "a", Hidden.AsIfItDidNotExist),
        ("", "GETACL {box}", "a", Hidden.AsIfItDidNotExist),
        ("", "LISTRIGHTS {box} {me}", "a", Hidden.AsIfItDidNotExist),
        ("", "APPEND {box} {mail}", "i", Hidden.AsIfItDidNotExist),
        ("", "APPEND {box} {mail} {mail}", "i", Hidden.AsIfItDidNotExist),
        ("", "APPEND {box} CATENATE (TEXT {mail})", "i", Hidden.AsIfItDidNotExist),
        ("", "GETMETADATA {box} /shared/comment", "l", Hidden.AsIfItDidNotExist),
        ("INBOX", "COPY 1 {box}", "i", Hidden.AsIfItDidNotExist),
        ("INBOX", "UID COPY 1 {box}", "i", Hidden.AsIfItDidNotExist),
        ("INBOX", "MOVE 1 {box}", "i", Hidden.AsIfItDidNotExist),
        ("INBOX", "UID MOVE 1 {box}", "i", Hidden.AsIfItDidNotExist),
        ("INBOX", "REPLACE 1 {box} {mail}", "i", Hidden.AsIfItDidNotExist),
        ("INBOX", "UID REPLACE 1 {box} {mail}", "i", Hidden.AsIfItDidNotExist),
        ("{box}", "FETCH 1 BODY.PEEK[]", "r", Hidden.AsWhereItIsVisible),
        ("{box}", "SEARCH ALL", "r", Hidden.AsWhereItIsVisible),
        ("{box}", "SORT (DATE) UTF-8 ALL", "r", Hidden.AsWhereItIsVisible),
        ("{box}", "THREAD REFERENCES UTF-8 ALL", "r", Hidden.AsWhereItIsVisible),
        ("{box}", "UIDBATCHES 1000", "r", Hidden.AsWhereItIsVisible),
        ("{box}", "COPY 1 INBOX", "r", Hidden.AsWhereItIsVisible),
        ("{box}", "STORE 1 +FLAGS (\\Seen)", "s", Hidden.AsWhereItIsVisible),
        ("{box}", "STORE 1 -FLAGS.SILENT (\\Deleted)", "t", Hidden.AsWhereItIsVisible),
        ("{box}", "STORE 1 +FLAGS (\\Flagged)", "w", Hidden.AsWhereItIsVisible),
        ("{box}", "UID STORE 1 +FLAGS ($Work)", "w", Hidden.AsWhereItIsVisible),
        ("{box}", "EXPUNGE", "e", Hidden.AsWhereItIsVisible),
        ("{box}", "UID EXPUNGE 1", "e", Hidden.AsWhereItIsVisible),
        ("{box}", "MOVE 1 INBOX", "te", Hidden.AsWhereItIsVisible),
        ("{box}", "UID MOVE 1 INBOX", "te", Hidden.AsWhereItIsVisible),
        ("{box}", "REPLACE 1 INBOX {mail}", "te", Hidden.AsWhereItIsVisible),
        ("{box}", "UID REPLACE 1 INBOX {mail}", "te", Hidden.AsWhereItIsVisible),
    ];

    // Those that are answered OK and leave out what the user may not see or do
    private static readonly (string Selected, string Command, string Needed, string Shown)[] _leftOut =
    [
        ("", "LIST \"\" {box}", "l", "* LIST"),
        ("", "LIST \"\" {box} RETURN (STATUS (MESSAGES))", "lr", "* STATUS"),
        ("", "LIST \"\" {box} RETURN (MYRIGHTS)", "l", "* MYRIGHTS"),
        ("", "GETQUOTAROOT {box}", "r", "* QUOTA "),
    ];

    public static TheoryData<string, string, string, Hidden, Way> Refused()
    {
        var data = new TheoryData<string, string, string, Hidden, Way>();
        foreach (var (selected, command, needed, hidden) in _refused)
        {
            foreach (var way in Enum.GetValues<Way>())
                data.Add(selected, command, needed, hidden, way);
        }

        return data;
    }

    public static TheoryData<string, string, string, string, Way> LeftOut()
    {
        var data = new TheoryData<string, string, string, string, Way>();
        foreach (var (selected, command, needed, shown) in _leftOut)
        {
            foreach (var way in Enum.GetValues<Way>())
                data.Add(selected, command, needed, shown, way);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_command_works_with_the_rights_it_needs_and_not_without_one_of_them(
        string selected, string command, string needed, Hidden hidden, Way way)
    {
        using var shared = await ShareAsync(selected);
        foreach (var right in needed)
        {
            if (right != 'l')
            {
                await shared.GrantAsync(way, Without(All, right));
                (await shared.RunAsync(command))[^1].ShouldStartWith("NO [NOPERM]", Case.Sensitive, $"without {right}");
            }

            await shared.GrantAsync(way, Without(Without(All, right), 'l'));
            var answer = (await shared.RunAsync(command))[^1];
            if (hidden == Hidden.AsIfItDidNotExist)
                answer.ShouldBe((await shared.RunAsync(command.Replace("{box", "{bax", StringComparison.Ordinal)))[^1], $"without {right} and l");
            answer.ShouldStartWith(hidden == Hidden.AsWhereItIsVisible ? "NO [NOPERM]" : "NO [", Case.Sensitive, $"without {right} and l");
        }

        // What is selected was readable once; annotations want a right besides l (RFC 5464 section 3.3)
        await shared.GrantAsync(way, selected == "{box}" || command.Contains("METADATA", StringComparison.Ordinal) ? "r" + Without(needed, 'r') : needed);
        (await shared.RunAsync(command))[^1].ShouldStartWith("OK");
    }

    [Theory]
    [MemberData(nameof(LeftOut))]
    public async Task What_lacks_a_right_is_left_out(string selected, string command, string needed, string shown, Way way)
    {
        using var shared = await ShareAsync(selected);
        foreach (var right in needed)
        {
            await shared.GrantAsync(way, Without(All, right));
            var lines = await shared.RunAsync(command);
            if (right != 'r' || !command.StartsWith("GETQUOTAROOT", StringComparison.Ordinal))
                lines[^1].ShouldStartWith("OK");
            lines.ShouldAllBe(line => !line.Contains(shown, StringComparison.Ordinal), $"without {right}");
        }

        await shared.GrantAsync(way, selected.Length > 0 ? "r" + needed : needed);
        (await shared.RunAsync(command)).ShouldContain(line => line.Contains(shown, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("lrikxa", "OK")]
    [InlineData("swpte", "NO [NONEXISTENT]")]
    public async Task Some_rights_let_their_holder_ask_for_them(string rights, string answer)
    {
        using var shared = await ShareAsync("");
        foreach (var right in rights)
        {
            await shared.GrantAsync(Way.User, right.ToString());
            (await shared.RunAsync("MYRIGHTS {box}"))[^1].ShouldStartWith(answer, Case.Sensitive, $"with {right}");
        }
    }

    [Fact]
    public async Task A_part_of_a_message_of_others_needs_the_right_to_read_it()
    {
        using var shared = await ShareAsync("");
        const string Command = "APPEND INBOX CATENATE (URL \"{url};UID=1\")";
        foreach (var rights in new[] { Without(All, 'r'), "l", "" })
        {
            await shared.GrantAsync(Way.User, rights);
            (await shared.RunAsync(Command))[^1].ShouldStartWith("NO [BADURL ", Case.Sensitive, rights);
        }

        await shared.GrantAsync(Way.User, "r");
        (await shared.RunAsync(Command))[^1].ShouldStartWith("OK [APPENDUID");
    }

    /// <summary>A name that is taken by a mailbox that may not be looked up is answered like a place where nothing may be created.</summary>
    [Fact]
    public async Task A_hidden_mailbox_in_the_way_is_not_told()
    {
        using var shared = await ShareAsync("");
        var refused = (await shared.RunAsync("CREATE {Archive/x}"))[^1];
        refused.ShouldStartWith("NO [NOPERM]");
        foreach (var rights in new[] { "", Without(All, 'l') })
        {
            await shared.GrantAsync(Way.User, rights);
            (await shared.RunAsync("CREATE {box}"))[^1].ShouldBe(refused);
            (await shared.RunAsync("RENAME {Work/Other} {box}"))[^1].ShouldBe(refused);
        }

        await shared.GrantAsync(Way.User, "l");
        (await shared.RunAsync("CREATE {box}"))[^1].ShouldStartWith("NO [ALREADYEXISTS]");
        (await shared.RunAsync("RENAME {Work/Other} {box}"))[^1].ShouldStartWith("NO [ALREADYEXISTS]");
    }

    private static string Without(string rights, char right) => rights.Replace(right.ToString(), "", StringComparison.Ordinal);

    // Work/Box has a message that is \Deleted; mailboxes may be made below Work, and Work/Other may be renamed
    private async Task<SharedBox> ShareAsync(string selected)
    {
        var (owner, user) = (await fixture.UserAsync(_domain), await fixture.UserAsync(_domain));
        var client = await owner.LogInAsync("CREATE Work/Box");
        await client.DoAsync("CREATE Work/Other");
        await owner.DeliverToAsync("Work/Box", Mail.ReplaceLineEndings("\n"), FlagSet.Of(SystemFlags.Deleted));
        await client.DoAsync($"SETACL Work {user.Address} k");
        await client.DoAsync($"SETACL Work/Other {user.Address} lx");
        await client.DoAsync($"SETACL Work/Box {user.Address} {All}");
        var shared = new SharedBox(owner.Address, user.Address, client, await user.LogInAsync());
        await shared.RunAsync("APPEND INBOX {mail}");
        if (selected.Length > 0)
            (await shared.RunAsync("SELECT " + selected))[^1].ShouldStartWith("OK");
        return shared;
    }

    private sealed record SharedBox(string OwnerAddress, string Address, ImapClient Owner, ImapClient User) : IDisposable
    {
        public void Dispose()
        {
            Owner.Dispose();
            User.Dispose();
        }

        public async Task GrantAsync(Way way, string rights)
        {
            var missing = string.Concat(All.Except(rights));
            var isNegative = way is Way.UserNegative or Way.AnyoneNegative;
            var positive = isNegative ? All : rights;
            await SetAsync(Address, way is Way.User or Way.UserNegative ? positive : "");
            await SetAsync("anyone", way is Way.Anyone or Way.AnyoneNegative ? positive : "");
            await SetAsync("-" + Address, isNegative ? missing : "");
        }

        public Task<List<string>> RunAsync(string command) => User.RunAsync(Regex.Replace(command, "{([A-Za-z/]+)}", match => match.Groups[1].Value switch
        {
            "me" => Address,
            "mail" => $"{{{Mail.Length}+}}\r\n{Mail}",
            "url" => $"/Other%20Users/{OwnerAddress}/Work/Box/",
            var name => $"\"Other Users/{OwnerAddress}/{Regex.Replace(name, "^b([ao]x)", "Work/B$1")}\"",
        }));

        private async Task SetAsync(string identifier, string rights) => await Owner.DoAsync($"SETACL Work/Box {identifier} \"{rights}\"");
    }
}
