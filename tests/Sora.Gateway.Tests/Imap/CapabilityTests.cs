using Sora.Configuration;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap;
using Sora.Gateway.Tests.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap;

[Collection("imap")]
public sealed class CapabilityTests(ImapFixture fixture)
{
    [Fact]
    public async Task What_is_advertised_has_a_row_in_the_documentation_that_says_yes()
    {
        var documented = Documented();
        var user = await fixture.UserAsync();
        using var client = await fixture.ConnectAsync();
        var before = (await client.DoAsync("CAPABILITY"))[0];
        await client.DoAsync($"LOGIN {user.Address} secret");
        var after = (await client.DoAsync("CAPABILITY"))[0];
        var all = Capabilities.All.Select(static capability => capability.Name)
            .Concat(before.Split(' ')[2..]).Concat(after.Split(' ')[2..]).Distinct();
        all.Where(name => !documented.Any(row => row.State == "yes" && row.Names.Any(known => IsNamedBy(name, known)))).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_disabled_is_neither_named_nor_usable()
    {
        var options = Options();
        options.DisabledCaps = ["move", "CONDSTORE", "UNAUTHENTICATE", "QUOTA"];
        options.AdditionalCaps = ["XFUTURE", "X-LIMIT=5"];
        options.Validate().ShouldBeEmpty();
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, options);
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync($"""
            S: * OK [CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID IDLE STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN XFUTURE X-LIMIT=5] Sora ready
            C: a LOGIN {user.Address} secret
            S: a OK [CAPABILITY …] Logged in
            """);
        var capabilities = (await client.DoAsync("CAPABILITY"))[0].Split(' ');
        capabilities.ShouldContain("IDLE");
        capabilities.ShouldContain("QUOTASET");
        capabilities.Intersect(["MOVE", "CONDSTORE", "UNAUTHENTICATE", "QUOTA"]).ShouldBeEmpty();
        await client.PlayAsync("""
            C: b ENABLE CONDSTORE IMAP4rev2
            S: * ENABLED IMAP4rev2
            S: b OK ENABLE completed
            C: c GETQUOTAROOT INBOX
            S: c BAD Unknown command
            C: d UNAUTHENTICATE
            S: d BAD Unknown command
            """);
        await client.DoAsync("SELECT INBOX");
        (await client.RunAsync("UID MOVE 1 Trash"))[^1].ShouldBe("BAD Unknown command");
    }

    [Fact]
    public async Task A_client_that_says_who_it_is_gets_what_it_can_cope_with()
    {
        var options = Options();
        options.ClientFilters =
        [
            new ClientFilter { ClientName = "^Old ?Mail$", ClientVersion = "^1[.]", DisableCaps = ["IDLE", "CONDSTORE"], Reason = "hangs" },
            new ClientFilter { ClientVersion = "beta", DisableCaps = ["IDLE", "MOVE"], Reason = "untested" },
        ];
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, options);
        using var client = new ImapClient(await gateway.ConnectAsync());
        using var other = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync("""
            S: * OK …
            C: a ID ("name" "OldMail" "version" "2.0")
            S: * ID …
            S: a OK ID completed
            C: b ID ("NAME" "oldmail" "Version" "1.5")
            S: * CAPABILITY IMAP4rev1 IMAP4rev2 LITERAL+ SASL-IR ENABLE ID STARTTLS AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1 AUTH=PLAIN AUTH=LOGIN
            S: * ID …
            S: b OK ID completed
            C: c ID NIL
            S: * ID …
            S: c OK ID completed
            """);
        await client.DoAsync($"LOGIN {user.Address} secret");
        (await client.RunAsync("IDLE"))[^1].ShouldBe("BAD Unknown command");
        (await client.DoAsync("ENABLE CONDSTORE"))[0].ShouldBe("* ENABLED");
        await client.DoAsync("UNAUTHENTICATE");
        (await client.DoAsync("CAPABILITY"))[0].Split(' ').ShouldNotContain("IDLE");
        await other.PlayAsync("S: * OK …");
        (await other.DoAsync("CAPABILITY"))[0].Split(' ').ShouldContain("IDLE");
    }

    [Theory]
    [InlineData("IMAP4rev1", "X", "^a", "disabled_caps must not have IMAP4rev1")]
    [InlineData("NONSENSE", "X", "^a", "disabled_caps has 'NONSENSE'")]
    [InlineData("MOVE", "X Y", "^a", "additional_caps has 'X Y'")]
    [InlineData("MOVE", "X]", "^a", "additional_caps has 'X]'")]
    public void Options_that_make_no_sense_are_refused(string disabled, string additional, string name, string message)
    {
        var options = new ImapOptions { DisabledCaps = [disabled], AdditionalCaps = [additional] };
        new ClientFilter { ClientName = name, DisableCaps = [] }.Validate().ShouldBeEmpty();
        options.Validate().ShouldHaveSingleItem().ShouldStartWith(message);
    }

    [Theory]
    [InlineData(null, "client_name or client_version")]
    [InlineData("(", "client_name is no")]
    [InlineData("(a)\\1", "client_name is no")]
    public void Filters_that_make_no_sense_are_refused(string? name, string message) =>
        new ClientFilter { ClientName = name }.Validate().ShouldHaveSingleItem().ShouldStartWith(message);

    [Fact]
    public void Filters_are_sections_of_the_configuration()
    {
        using var folder = new TempFolder();
        var file = folder.File("config.toml");
        File.WriteAllText(file, """
            [imap]
            disabled_caps = ["MOVE"]
            [[imap.client_filters]]
            client_name = "^a"
            disable_caps = ["IDLE"]
            [[imap.client_filters]]
            client_version = "("
            disable_caps = ["NONSENSE"]
            """);
        var result = ConfigurationLoader.Load<Root>(new ConfigurationSources { FilePath = file });
        result.Errors.Select(static error => error.Key).ShouldBe(["imap.client_filters[1].client_version", "imap.client_filters[1].disable_caps"]);
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"(\"", "\"b\"", StringComparison.Ordinal).Replace("NONSENSE", "ID", StringComparison.Ordinal));
        var filters = ConfigurationLoader.Load<Root>(new ConfigurationSources { FilePath = file }).Value.Imap.ClientFilters;
        filters.Count.ShouldBe(2);
        filters[0].Matches("Abc", null).ShouldBeTrue();
        filters[0].Matches(null, "b").ShouldBeFalse();
        filters[1].Matches(null, "1.0b").ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_lasts_as_long_as_it_may()
    {
        var options = Options();
        options.AbsoluteSessionTimeout = TimeSpan.FromMinutes(10);
        var time = new ManualTime();
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(time, options);
        using var client = new ImapClient(await gateway.ConnectAsync());
        using var idle = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync($"S: * OK …\nC: a LOGIN {user.Address} secret\nS: a OK …");
        await idle.PlayAsync($"S: * OK …\nC: a LOGIN {user.Address} secret\nS: a OK …\nC: b IDLE\nS: + idling");
        for (var i = 0; i < 3; i++)
        {
            Advance(gateway, time, TimeSpan.FromMinutes(3));
            await idle.PlayAsync("S: * OK Still here");
            await client.PlayAsync("C: c NOOP\nS: c OK NOOP completed");
        }

        Advance(gateway, time, TimeSpan.FromMinutes(2));
        await client.PlayAsync("S: * BYE Connection has lasted too long\nS!");
        await idle.PlayAsync("S: * BYE Connection has lasted too long\nS!");
    }

    [Fact]
    public async Task A_command_that_takes_too_long_is_given_up_and_the_session_goes_on()
    {
        var options = Options();
        options.CommandTimeout = TimeSpan.FromMilliseconds(1);
        options.AuthFailureDelay = TimeSpan.FromMinutes(10);
        var user = await fixture.UserAsync();
        await using var gateway = await fixture.StartAsync(TimeProvider.System, options);
        using var client = new ImapClient(await gateway.ConnectAsync());
        await client.PlayAsync($"""
            S: * OK …
            C: a LOGIN {user.Address} wrong
            S: a NO [LIMIT] Command took too long
            C: b NOOP
            S: b OK NOOP completed
            """);
    }

    private ImapOptions Options() => new()
    {
        AuthFailureDelay = TimeSpan.Zero,
        IdVersion = "1.0",
        IdleKeepalive = fixture.Options.IdleKeepalive,
    };

    private static void Advance(TestGateway gateway, ManualTime time, TimeSpan by)
    {
        time.Advance(by);
        gateway.Listeners.Deadlines.Tick();
    }

    private sealed class Root
    {
        public ImapOptions Imap { get; set; } = new();
    }

    // "RES-*" of a row stands for all resources, and SASL mechanisms stand there by their own names; what follows "=" in a capability may be a value
    private static bool IsNamedBy(string capability, string known) =>
        capability.Equals(known, StringComparison.OrdinalIgnoreCase) || capability == "AUTH=" + known
        || (known.EndsWith('*') && capability.StartsWith(known[..^1], StringComparison.OrdinalIgnoreCase))
        || (known.EndsWith('=') && capability.StartsWith(known, StringComparison.OrdinalIgnoreCase))
        || capability.StartsWith(known + "=", StringComparison.OrdinalIgnoreCase);

    private static List<(string[] Names, string State)> Documented()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "docs", "rfcs.md")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("Not in a checkout");
        var rows = new List<(string[], string)>();
        foreach (var line in File.ReadLines(Path.Combine(folder, "docs", "rfcs.md")))
        {
            if (line.Split('|') is [_, _, var names, var state, _, _])
                rows.Add((names.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), state.Trim()));
        }

        rows.Count.ShouldBeGreaterThan(50);
        return rows;
    }
}
