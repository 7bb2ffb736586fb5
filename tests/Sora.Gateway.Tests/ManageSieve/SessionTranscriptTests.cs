using Sora.Contracts;
using Sora.Gateway.ManageSieve;
using Sora.Gateway.Tests.Connections;

namespace Sora.Gateway.Tests.ManageSieve;

/// <summary>Greeting, capabilities, login and the end of sessions (RFC 5804 sections 1.2, 1.7, 2.1 to 2.4, 2.13, 2.14).</summary>
[Collection("managesieve")]
public sealed class SessionTranscriptTests(ManageSieveFixture sieve)
{
    [Fact]
    public async Task Capabilities_follow_the_state()
    {
        var address = await sieve.AddressAsync();
        using var client = await sieve.Gateway.ConnectAsync();
        var before = await ManageSieveFixture.CapabilitiesAsync(client);
        before["IMPLEMENTATION"].ShouldNotBeNull().ShouldMatch("^Sora [0-9]+\\.[0-9]+\\.[0-9]+$", "name and version");
        before["VERSION"].ShouldBe("1.0");
        before["SASL"].ShouldBe("SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN");
        before["SIEVE"].ShouldNotBeNull().Split(' ').ShouldContain("fileinto");
        before["MAXREDIRECTS"].ShouldBe("5");
        before["LANGUAGE"].ShouldBe("en");
        before.ShouldContainKeyAndValue("STARTTLS", null);
        before.ShouldContainKeyAndValue("UNAUTHENTICATE", null);
        before.ShouldContainKeyAndValue("NOOP", null);
        before.ShouldContainKeyAndValue("RENAME", null);
        before["NOTIFY"].ShouldBe("mailto");
        before["EXTLISTS"].ShouldBe("tag urn", "RFC 6134 section 2.8");
        before.ShouldNotContainKey("OWNER");

        await client.SendAsync("CAPABILITY\r\n");
        (await ManageSieveFixture.CapabilitiesAsync(client)).ShouldBe(before);
        await client.PlayAsync($"""
            C: Authenticate "plain" "{ManageSieveFixture.Plain(address)}"
            S: OK "Logged in"
            C: capability
            """);
        var after = await ManageSieveFixture.CapabilitiesAsync(client);
        after["OWNER"].ShouldBe(address);
        after["SASL"].ShouldBe("SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN");
        after.ShouldNotContainKey("STARTTLS");
        await client.PlayAsync("""
            C: UNAUTHENTICATE
            S: OK "You are logged out"
            C: CAPABILITY
            """);
        (await ManageSieveFixture.CapabilitiesAsync(client)).ShouldBe(before);
    }

    [Theory]
    [InlineData("enotify", "NOTIFY")]
    [InlineData("extlists", "EXTLISTS")]
    public async Task What_an_extension_brings_goes_with_it(string extension, string capability)
    {
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions { Implementation = "Mail \\ \"one\"" }, withoutExtension: extension);
        using var client = await gateway.ConnectAsync();
        await client.PlayAsync("""
            S: "IMPLEMENTATION" {12}
            S: Mail \ "one"
            """);
        var capabilities = await ManageSieveFixture.CapabilitiesAsync(client);
        capabilities["SIEVE"]!.Split(' ').ShouldNotContain(extension);
        capabilities.ShouldNotContainKey(capability);
    }

    [Fact]
    public async Task Commands_in_the_wrong_state_are_refused()
    {
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync("""
            C: LISTSCRIPTS
            C: GETSCRIPT "x"
            C: PUTSCRIPT "x" {5+}
            C: keep;
            C: UNAUTHENTICATE
            C: HAVESPACE "x" 5
            C: NOOP
            S: NO "Log in first"
            S: NO "Log in first"
            S: NO "Log in first"
            S: NO "Log in first"
            S: NO "Log in first"
            S: OK "NOOP completed"
            """);
        using var loggedIn = await sieve.LogInAsync();
        await loggedIn.PlayAsync($"""
            C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain("a@example.com")}"
            S: NO "Not after login"
            C: STARTTLS
            S: NO "Not after login"
            """);
    }

    [Fact]
    public async Task Authenticate_without_an_initial_response_takes_quoted_strings_and_literals()
    {
        var address = await sieve.AddressAsync();
        var response = ManageSieveFixture.Plain(address);
        foreach (var sent in new[] { $"\"{response}\"", $"{{{response.Length}+}}\r\n{response}" })
        {
            using var client = await sieve.ConnectAsync();
            await client.PlayAsync("""
                C: AUTHENTICATE "PLAIN"
                S: ""
                """);
            await client.SendAsync(sent + "\r\n");
            await client.PlayAsync("""
                S: OK "Logged in"
                C: LISTSCRIPTS
                S: OK *
                """);
        }
    }

    [Fact]
    public async Task Authenticate_is_cancelled_with_a_star_and_refuses_what_is_no_plain_message()
    {
        var address = await sieve.AddressAsync();
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync($"""
            C: AUTHENTICATE "PLAIN"
            S: ""
            C: "*"
            S: NO "AUTHENTICATE is cancelled"
            C: AUTHENTICATE "PLAIN" "*"
            S: NO "AUTHENTICATE is cancelled"
            C: AUTHENTICATE "PLAIN"
            S: ""
            C: not a string
            S: NO "A string is expected"
            C: AUTHENTICATE "PLAIN" "not base64!"
            S: NO "Response is not base64"
            C: AUTHENTICATE "PLAIN" "AAAA"
            S: NO "Response is not a PLAIN message"
            C: AUTHENTICATE "PLAIN" ""
            S: NO "Response is not a PLAIN message"
            C: AUTHENTICATE PLAIN
            S: NO "A string is expected"
            C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain(address, authorize: "other@example.com")}"
            S: NO "Acting for others is not allowed"
            C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain(address, authorize: address)}"
            S: OK "Logged in"
            """);
    }

    [Fact]
    public async Task Mechanisms_that_are_not_there_are_refused_and_weak_ones_named_so()
    {
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync("""
            C: AUTHENTICATE "GSSAPI"
            S: NO "The mechanism is not supported"
            C: AUTHENTICATE "DIGEST-MD5"
            S: NO (AUTH-TOO-WEAK) "The mechanism is not supported"
            """);
    }

    [Fact]
    public async Task Too_many_wrong_passwords_end_the_session()
    {
        var wrong = ManageSieveFixture.Plain(await sieve.AddressAsync(), "wrong");
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync($"""
            C: Authenticate "PLAIN" "{wrong}"
            S: NO "Authentication failed"
            C: Authenticate "PLAIN" "{wrong}"
            S: NO "Authentication failed"
            C: Authenticate "PLAIN" "{wrong}"
            S: BYE "Too many failed authentication attempts"
            """);
        (await client.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_pipelined_login_with_an_initial_response_works()
    {
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync($"""
            C: AUTHENTICATE "PLAIN" "{ManageSieveFixture.Plain(await sieve.AddressAsync())}"
            C: PUTSCRIPT "one" "keep;"
            C: LISTSCRIPTS
            S: OK "Logged in"
            S: OK "Script is stored"
            S: "one"
            S: OK *
            """);
    }

    [Fact]
    public async Task Logout_answers_and_ignores_what_follows()
    {
        using var client = await sieve.LogInAsync();
        await client.PlayAsync("""
            C: Logout
            C: NOOP
            S: OK "Logout completed"
            """);
        (await client.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Noop_gives_its_tag_back()
    {
        using var client = await sieve.ConnectAsync();
        await client.PlayAsync("""
            C: NOOP
            S: OK "NOOP completed"
            C: NOOP "STARTTLS-SYNC-42"
            S: OK (TAG "STARTTLS-SYNC-42") "Done"
            C: NOOP {8+}
            C: a"b\c
            C: d
            S: OK (TAG {8}
            S: a"b\c
            S: d) "Done"
            C: NOOP ""
            S: OK (TAG "") "Done"
            C: NOOP "a" "b"
            S: NO "There is more than the command takes"
            """);
    }

    [Fact]
    public async Task What_is_no_command_is_refused_and_too_much_of_it_ends_the_session()
    {
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions { MaxBadCommands = 4 });
        using var client = await ManageSieveFixture.ConnectAsync(gateway);
        await client.PlayAsync("""
            C: FROBNICATE
            S: NO "Unknown command"
            C:
            S: NO "Unknown command"
            C: CAPABILITY "now"
            S: NO "There is more than the command takes"
            C: NOOP
            S: OK *
            C: NOOP "unfinished
            C: NOOP  "two spaces"
            C: NOOP x
            C: NOOP ""x
            S: NO "The quote at the end of a string is missing"
            S: NO "A string is expected"
            S: NO "A string is expected"
            S: NO "There is more than the command takes"
            S: BYE "Too many bad commands"
            """);
        (await client.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Quoted_strings_have_1024_octets_at_most()
    {
        using var client = await sieve.ConnectAsync();
        var longest = new string('t', 1024);
        await client.PlayAsync($$"""
            C: NOOP "{{longest}}"
            S: OK (TAG "{{longest}}") "Done"
            C: NOOP "{{longest}}t"
            S: NO "A quoted string may have 1024 octets; use a literal"
            C: NOOP {1025+}
            C: {{longest}}t
            S: OK (TAG {1025}
            S: {{longest}}t) "Done"
            C: NOOP "a\"b\\c"
            S: OK (TAG {5}
            S: a"b\c) "Done"
            C: NOOP "a\b"
            S: NO {36}
            S: A backslash must stand before " or \
            """);
    }

    [Fact]
    public async Task A_line_over_the_limit_ends_the_session()
    {
        using var client = await sieve.ConnectAsync();
        await client.SendAsync(new string('x', 40_000) + "\r\n");
        (await client.LineAsync()).ShouldBe("BYE (QUOTA/MAXSIZE) \"A line or a literal is too long\"");
        (await client.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Nobody_waits_for_a_login_for_ever_however_much_is_said()
    {
        var time = new ManualTime();
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), time);
        using var silent = await ManageSieveFixture.ConnectAsync(gateway);
        using var talkative = await ManageSieveFixture.ConnectAsync(gateway);
        using var user = await sieve.LogInAsync(gateway: gateway);
        time.Advance(TimeSpan.FromMinutes(2));
        await talkative.PlayAsync("""
            C: NOOP
            S: OK *
            """);
        time.Advance(TimeSpan.FromMinutes(2));
        await talkative.PlayAsync("""
            C: NOOP
            S: OK *
            S: BYE "No login for too long"
            """);
        await Wait.UntilAsync(() => Left(1), "the end of the silent one");
        (await silent.LineAsync()).ShouldBe("BYE \"No login for too long\"");
        await user.PlayAsync("""
            C: NOOP
            S: OK *
            """);
        await Wait.UntilAsync(() => Left(0), "the end of who had logged in");
        (await user.LineAsync()).ShouldBe("BYE \"You were silent for too long\"");
        time.GetTimestamp().ShouldBeGreaterThan(TimeSpan.FromMinutes(30).Ticks);

        bool Left(int count)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            gateway.Listeners.Deadlines.Tick();
            return gateway.Listeners.OpenConnections == count;
        }
    }

    [Theory]
    [InlineData("NOOP \"unfinished")]
    [InlineData("PUTSCRIPT \"x\" {500+}\r\nkeep;")]
    public async Task Half_a_command_is_not_waited_for_as_long_as_a_whole_one(string half)
    {
        var time = new ManualTime();
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), time);
        using var client = await sieve.LogInAsync(gateway: gateway);
        await client.SendAsync(half);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                gateway.Listeners.Deadlines.Tick();
                return gateway.Listeners.OpenConnections == 0;
            },
            "the end of the session");
        (await client.LineAsync()).ShouldBe("BYE \"You were silent for too long\"");
        time.GetTimestamp().ShouldBeLessThan(TimeSpan.FromMinutes(30).Ticks);
    }

    [Fact]
    public async Task The_end_of_the_server_is_told()
    {
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions());
        using var client = await sieve.LogInAsync(gateway: gateway);
        using var inLogin = await ManageSieveFixture.ConnectAsync(gateway);
        await inLogin.PlayAsync("""
            C: AUTHENTICATE "PLAIN"
            S: ""
            """);
        var stopping = gateway.StopAsync();
        (await client.LineAsync()).ShouldBe("BYE (TRYLATER) \"Server is going down\"");
        (await inLogin.LineAsync()).ShouldBe("BYE (TRYLATER) \"Server is going down\"");
        await stopping;
    }

    [Fact]
    public async Task A_session_ends_when_its_account_is_deleted()
    {
        var address = await sieve.AddressAsync();
        using var client = await sieve.LogInAsync(address);
        (await sieve.Node.Administration.DeleteAsync(address, CancellationToken.None)).IsOk.ShouldBeTrue();
        (await client.LineAsync()).ShouldBe("BYE \"The login is no longer valid\"");
        (await client.LineAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_database_that_is_away_is_a_reason_to_try_later()
    {
        await using var gateway = await sieve.StartAsync(new ManageSieveOptions(), scripts: new AwayScripts());
        using var client = await sieve.LogInAsync(gateway: gateway);
        await client.PlayAsync("""
            C: LISTSCRIPTS
            C: GETSCRIPT "x"
            C: PUTSCRIPT "x" "keep;"
            C: SETACTIVE ""
            S: NO (TRYLATER) *
            S: NO (TRYLATER) *
            S: NO (TRYLATER) *
            S: NO (TRYLATER) "Internal error, try again later"
            """);
    }

    private sealed class AwayScripts : ISieveScripts
    {
        public Task<MailResult<SieveScriptList>> ListAsync(AccountId account, CancellationToken cancellationToken) => Away<SieveScriptList>();

        public ValueTask<MailResult<SieveScriptList>> FindAsync(AccountId account, CancellationToken cancellationToken) => new(Away<SieveScriptList>());

        public Task<MailResult<SieveScriptContent>> GetAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken) =>
            Away<SieveScriptContent>();

        public Task<MailResult<Done>> CheckSpaceAsync(AccountId account, SieveScriptName name, long size, CancellationToken cancellationToken) => Away<Done>();

        public Task<MailResult<Done>> PutAsync(
            AccountId account, SieveScriptName name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => Away<Done>();

        public Task<MailResult<Done>> RenameAsync(AccountId account, SieveScriptName from, SieveScriptName to, CancellationToken cancellationToken) =>
            Away<Done>();

        public Task<MailResult<Done>> DeleteAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken) => Away<Done>();

        public Task<MailResult<Done>> ActivateAsync(AccountId account, SieveScriptName? name, CancellationToken cancellationToken) =>
            throw new InvalidOperationException("This goes wrong");

        private static Task<MailResult<T>> Away<T>() => Task.FromResult<MailResult<T>>(MailError.Unavailable());
    }
}
