using Sora.Gateway.ManageSieve;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>The commands about scripts (RFC 5804 sections 2.5 to 2.12), along the RFC's examples.</summary>
[Collection("managesieve")]
public sealed class ScriptTranscriptTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Havespace_knows_the_limits()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: HAVESPACE "myscript" 999999
            S: NO (QUOTA/MAXSIZE) "A script may have 65536 bytes"
            C: HAVESPACE "foobar" 435
            S: OK "There is room"
            C: havespace {6+}
            C: foobar 4294967295
            S: NO (QUOTA/MAXSIZE) *
            C: HAVESPACE "foobar" 4294967296
            S: NO "A number *
            C: HAVESPACE "foobar" 007
            S: NO "A number *
            C: HAVESPACE "foobar" "435"
            S: NO "A number *
            C: HAVESPACE "" 5
            S: NO "Script name is empty"
            """);
    }

    [Fact]
    public async Task Putscript_refuses_what_does_not_compile_and_stores_what_does()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: Putscript "foo" {31+}
            C: #comment
            C: InvalidSieveCommand
            C:
            """);
        await SkipToEndOfTextAsync(client, "line 2, column 20: error: ");
        await client.PlayAsync("""
            C: Listscripts
            S: OK *
            C: Putscript "mysievescript" {56+}
            C: require ["fileinto"];
            C:
            C: fileinto "INBOX.sent";
            C: keep;
            C:
            S: OK "Script is stored"
            C: Getscript "mysievescript"
            S: {56}
            S: require ["fileinto"];
            S: *
            S: fileinto "INBOX.sent";
            S: keep;
            S: *
            S: OK *
            C: Putscript "mysievescript" "keep;"
            S: OK "Script is stored"
            C: GETSCRIPT "mysievescript"
            S: {5}
            S: keep;
            S: OK *
            C: Putscript "mysievescript" "nonsense"
            S: NO *
            C: GETSCRIPT "mysievescript"
            S: {5}
            S: keep;
            S: OK *
            C: PUTSCRIPT "empty" ""
            S: NO "Script is empty"
            C: PUTSCRIPT "old-style" {5}
            C: stop;
            S: OK *
            """);
    }

    [Fact]
    public async Task All_errors_of_a_script_are_told_with_their_places()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: CHECKSCRIPT {29+}
            C: bogus1;
            C: keep;
            C: bogus2 "x";
            C:
            S: NO {*
            """);
        (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith("line 1, column 1: error: ");
        (await client.LineAsync()).ShouldNotBeNull().ShouldStartWith("line 3, column 1: error: ");
        await client.PlayAsync("""
            C: NOOP
            S: OK "NOOP completed"
            """);
    }

    // RFC 6609 section 3.1: no errors while scripts are put, in whatever order
    [Fact]
    public async Task What_a_script_includes_is_warned_of()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: PUTSCRIPT "a" "require \"include\"; include \"b\";"
            S: OK (WARNINGS) {112}
            S: line 1, column 20: warning: There is no script "b" to be included; *
            C: PUTSCRIPT "b" "keep;"
            S: OK "Script is stored"
            C: CHECKSCRIPT "require \"include\"; include \"a\";"
            S: OK "Script is valid"
            C: PUTSCRIPT "b" "require \"include\"; include \"a\";"
            S: OK (WARNINGS) {*
            S: line 1, column 20: warning: Scripts include each other in a circle, which ends a run with an error: "b", "a", "b"
            C: CHECKSCRIPT "require \"include\"; include :global \"a\";"
            S: OK (WARNINGS) *
            """);
    }

    [Fact]
    public async Task Checkscript_stores_nothing_and_does_not_look_at_the_quota()
    {
        using var client = await sieve.LogInAsync();
        var large = new string('#', 80_000);
        await client.SendAsync($"CHECKSCRIPT {{{large.Length + 7}+}}\r\n{large}\r\nkeep;\r\n");
        await client.PlayAsync("""
            S: OK "Script is valid"
            C: CheckScript {31+}
            C: #comment
            C: InvalidSieveCommand
            C:
            """);
        await SkipToEndOfTextAsync(client, "line 2, column 20: error: ");
        await client.PlayAsync("""
            C: CHECKSCRIPT ""
            S: OK "Script is valid"
            C: LISTSCRIPTS
            S: OK *
            """);
    }

    [Fact]
    public async Task Listscripts_and_setactive()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: PUTSCRIPT "summer_script" "keep;"
            C: PUTSCRIPT "vacation_script" "keep;"
            C: PUTSCRIPT {13+}
            C: clever"script "keep;"
            C: PUTSCRIPT "main_script" "keep;"
            S: OK *
            S: OK *
            S: OK *
            S: OK *
            C: Setactive "main_script"
            S: OK "Script is active"
            C: Listscripts
            S: {13}
            S: clever"script
            S: "main_script" ACTIVE
            S: "summer_script"
            S: "vacation_script"
            S: OK *
            C: Setactive "summer_script"
            C: Setactive "summer_script"
            C: listscripts
            S: OK *
            S: OK *
            S: {13}
            S: clever"script
            S: "main_script"
            S: "summer_script" ACTIVE
            S: "vacation_script"
            S: OK *
            C: Setactive "baz"
            S: NO (NONEXISTENT) "There is no script by that name"
            C: Setactive ""
            S: OK "No script is active"
            C: Setactive {0+}
            C:
            S: OK "No script is active"
            C: listscripts
            S: {13}
            S: clever"script
            S: "main_script"
            S: "summer_script"
            S: "vacation_script"
            S: OK *
            """);
    }

    [Fact]
    public async Task Setactive_refuses_a_script_that_does_not_compile_any_more_and_repeats_warnings()
    {
        var address = await sieve.AddressAsync();
        using (var client = await sieve.LogInAsync(address))
        {
            await client.PlayAsync("""
                C: PUTSCRIPT "good" "keep;"
                C: PUTSCRIPT "files" "require \"fileinto\"; fileinto \"x\";"
                C: SETACTIVE "good"
                S: OK *
                S: OK *
                S: OK *
                """);
        }

        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), withoutExtension: "fileinto");
        using var later = await sieve.LogInAsync(address, gateway);
        await later.PlayAsync("""
            C: SETACTIVE "files"
            S: NO *
            """);
        await SkipToEndOfTextAsync(later, "fileinto");
        await later.PlayAsync("""
            C: LISTSCRIPTS
            S: "files"
            S: "good" ACTIVE
            S: OK *
            C: PUTSCRIPT "warns" "keep; stop; discard;"
            S: OK (WARNINGS) *
            """);
        await later.PlayAsync("""
            C: SETACTIVE "warns"
            S: OK (WARNINGS) *
            C: LISTSCRIPTS
            S: "files"
            S: "good"
            S: "warns" ACTIVE
            S: OK *
            """);
    }

    [Fact]
    public async Task Getscript_of_a_script_that_is_not_there()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: Getscript "myscript"
            S: NO (NONEXISTENT) "There is no script by that name"
            """);
    }

    [Fact]
    public async Task Deletescript_refuses_the_active_one()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: PUTSCRIPT "foo" "keep;"
            C: PUTSCRIPT "baz" "keep;"
            C: SETACTIVE "baz"
            S: OK *
            S: OK *
            S: OK *
            C: Deletescript "foo"
            S: OK "Script is deleted"
            C: Deletescript "foo"
            S: NO (NONEXISTENT) *
            C: Deletescript "baz"
            S: NO (ACTIVE) "The active script cannot be deleted"
            C: SETACTIVE ""
            C: Deletescript "baz"
            S: OK *
            S: OK *
            """);
    }

    [Fact]
    public async Task Renamescript_keeps_the_active_one_active()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: PUTSCRIPT "foo" "keep;"
            C: SETACTIVE "foo"
            C: Renamescript "foo" "bar"
            S: OK *
            S: OK *
            S: OK "Script is renamed"
            C: LISTSCRIPTS
            S: "bar" ACTIVE
            S: OK *
            C: Renamescript "foo" "bar"
            S: NO (NONEXISTENT) *
            C: PUTSCRIPT "baz" "stop;"
            S: OK *
            C: Renamescript "baz" "bar"
            S: NO (ALREADYEXISTS) "There is a script by that name already"
            C: Renamescript "bar" "bar"
            S: NO (ALREADYEXISTS) *
            C: GETSCRIPT "baz"
            S: {5}
            S: stop;
            S: OK *
            """);
    }

    [Fact]
    public async Task Quotas_have_codes_of_their_own()
    {
        using var client = await sieve.LogInAsync();
        var large = "#" + new string('x', 40_000) + "\r\n";
        foreach (var name in new[] { "a", "b" })
        {
            await client.SendAsync($"PUTSCRIPT \"{name}\" {{{large.Length}+}}\r\n{large}\r\n");
            await client.PlayAsync("S: OK *");
        }

        await client.SendAsync($"PUTSCRIPT \"c\" {{{large.Length}+}}\r\n{large}\r\n");
        await client.PlayAsync("""
            S: NO (QUOTA) "All scripts together may have 102400 bytes"
            C: PUTSCRIPT "a" "keep;"
            C: PUTSCRIPT "c" "keep;"
            C: PUTSCRIPT "d" "keep;"
            S: OK *
            S: OK *
            S: OK *
            C: HAVESPACE "e" 5
            S: NO (QUOTA/MAXSCRIPTS) "An account may have 4 scripts"
            C: PUTSCRIPT "e" "keep;"
            S: NO (QUOTA/MAXSCRIPTS) *
            C: PUTSCRIPT "d" "stop;"
            S: OK *
            """);
        var huge = new string('#', 65_537);
        await client.SendAsync($"PUTSCRIPT \"d\" {{{huge.Length}+}}\r\n{huge}\r\n");
        await client.PlayAsync("""
            S: NO (QUOTA/MAXSIZE) "A script may have 65536 bytes"
            C: GETSCRIPT "d"
            S: {5}
            S: stop;
            S: OK *
            """);
    }

    [Fact]
    public async Task A_literal_over_the_limit_is_read_over_and_one_far_over_it_ends_the_session()
    {
        using var client = await sieve.LogInAsync();
        var huge = new string('#', 200_000);
        await client.SendAsync($"PUTSCRIPT \"d\" {{{huge.Length}+}}\r\n{huge}\r\n");
        await client.PlayAsync("""
            S: NO (QUOTA/MAXSIZE) "A literal is too large"
            C: PUTSCRIPT "d" {1000000+}
            S: BYE (QUOTA/MAXSIZE) "A line or a literal is too long"
            """);
        (await client.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Names_are_unicode_without_controls_of_up_to_128_characters()
    {
        using var client = await sieve.LogInAsync();
        var longest = new string('n', 128);
        var umlauts = Latin("Ä€😀");
        await client.PlayAsync($"""
            C: PUTSCRIPT "{longest}" "keep;"
            S: OK *
            C: PUTSCRIPT "{longest}x" "keep;"
            S: NO "Script name is too long"
            C: PUTSCRIPT "{umlauts}" "keep;"
            S: OK *
            C: PUTSCRIPT "tab{'\t'}" "keep;"
            S: NO "Script name has *
            C: PUTSCRIPT "del{'\x7f'}" "keep;"
            S: NO "Script name has *
            C: PUTSCRIPT "line{Latin("\u2028")}" "keep;"
            S: NO "Script name has *
            C: PUTSCRIPT "bad{'\xff'}" "keep;"
            S: NO "A quoted string is not valid UTF-8"
            C: PUTSCRIPT "" "keep;"
            S: NO "Script name is empty"
            C: LISTSCRIPTS
            S: "{longest}"
            S: "{umlauts}"
            S: OK *
            """);

        await client.SendAsync($"PUTSCRIPT \"c1{Latin("\u0085")}\" \"keep;\"\r\n"); // A line end to what plays transcripts
        (await client.LineAsync()).ShouldBe("NO \"Script name has a character that is not allowed\"");
    }

    // What a client sends in UTF-8, as the test client's Latin-1
    private static string Latin(string text) => System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(text));

    // The rest of a text that has one or more lines
    private static async Task SkipToEndOfTextAsync(TestClient client, string mustHave)
    {
        await client.SendAsync("NOOP \"here\"\r\n");
        var text = "";
        for (string? line; (line = await client.LineAsync()) != "OK (TAG \"here\") \"Done\"";)
            text += line.ShouldNotBeNull() + "\n";
        text.ShouldContain(mustHave);
    }
}
