using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sora.Gateway.Connections;
using Sora.Mailstore.Sieve;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>The site's scripts before and after the user's, and the default one in its place.</summary>
[Collection("sieve delivery")]
public sealed class OrderTests(DeliveryFixture fixture)
{
    [Theory]
    [InlineData(null, "", "INBOX 1", "first domain default near last")]
    [InlineData("keep;", "", "INBOX 1", "first domain near last")]
    [InlineData("discard;", "", "", "first domain")]
    [InlineData("fileinto \"Archive\";", "", "Archive 1", "first domain")]
    [InlineData("fileinto :copy \"Archive\";", "", "INBOX 1, Archive 1", "first domain near last")]
    [InlineData("keep;", "X-Stop-First: yes\r\n", "", "first")]
    [InlineData("keep;", "X-Copy-First: yes\r\n", "INBOX 1, Trash 1", "first domain near last")]
    [InlineData("keep;", "X-Stop-Last: yes\r\n", "Sent 1", "first domain near last")]
    [InlineData("fileinto \"Archive\"; keep;", "X-Stop-Last: yes\r\n", "Archive 1, Sent 1", "first domain near last")]
    public async Task Each_runs_when_those_before_it_leave_the_message_to_be_kept(string? own, string field, string places, string ran)
    {
        await using var gateway = await fixture.StartAsync(Options());
        var user = await fixture.UserAsync(own is null ? null : $"require [\"fileinto\", \"copy\"];\r\n{own}\r\n");
        await user.TakeAsync(user.Message(more: field), gateway: gateway);
        (await user.PlacesAsync()).ShouldBe(places);
        string.Join(' ', (await user.LogAsync()).Reverse().Select(static line => line.Split(' ')[^1])).ShouldBe(ran);
    }

    [Fact]
    public async Task A_script_of_the_site_that_fails_keeps_the_message_and_says_so()
    {
        var options = new SieveOptions { Before = [fixture.File("fails.sieve", "require \"fileinto\";\r\nfileinto \"Nowhere\";\r\nstop;\r\n")] };
        await using var gateway = await fixture.StartAsync(options);
        var user = await fixture.UserAsync("discard;");
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("There is no mailbox \"Nowhere\"");
    }

    [Fact]
    public async Task What_scripts_did_is_counted()
    {
        var counted = new ConcurrentDictionary<string, long>();
        using var metrics = new GatewayMetrics();

        // Only this gateway's instruments: tests run side by side
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) =>
            counted.AddOrUpdate(labels.Length == 0 ? instrument.Name : $"{instrument.Name} {labels[0].Value}", value, (_, known) => known + value));
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) => counted.AddOrUpdate(instrument.Name, 1, static (_, known) => known + 1));
        foreach (var instrument in new Instrument[] { metrics.SieveRuns, metrics.SieveDuration, metrics.SieveActions })
            listener.EnableMeasurementEvents(instrument);
        await using var gateway = await fixture.StartAsync(metrics: metrics);
        var user = await fixture.UserAsync("require [\"fileinto\", \"copy\"]; redirect :copy \"else@example.org\"; fileinto :copy \"Archive\"; fileinto \"Nowhere\";");
        await user.TakeAsync(gateway: gateway);
        foreach (var name in new[]
        {
            "sora_sieve_runs_total error", "sora_sieve_run_duration_seconds", "sora_sieve_actions_total keep", "sora_sieve_actions_total fileinto", "sora_sieve_actions_total redirect",
        })
            counted.GetValueOrDefault(name).ShouldBe(1, name);
    }

    [Fact]
    public async Task A_script_of_the_site_that_does_not_compile_keeps_what_would_come_to_it()
    {
        var options = new SieveOptions { After = [fixture.File("wrong.sieve", "no such thing\r\n")] };
        await using var gateway = await fixture.StartAsync(options);
        var user = await fixture.UserAsync("if header :is \"X\" \"y\" { discard; }");
        await user.TakeAsync(user.Message(more: "X: y\r\n"), gateway: gateway);
        (await user.LogAsync()).ShouldBeEmpty();
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldStartWith("wrong:1 The script does not compile: ");
    }

    [Fact]
    public async Task A_script_of_the_site_that_cannot_be_read_any_more_stays_as_it_was_and_a_changed_one_is_read_again()
    {
        var path = fixture.File("comes.sieve", "discard;");
        await using var gateway = await fixture.StartAsync(new SieveOptions { Before = [path] });
        var user = await fixture.UserAsync();
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("");
        System.IO.File.Delete(path);
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("");
        fixture.File("comes.sieve", "# lets all through\r\n");
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
    }

    [Fact]
    public async Task Mail_waits_for_a_script_of_the_site_that_could_never_be_read()
    {
        var path = fixture.File("never.sieve", "discard;");
        System.IO.File.Delete(path);
        await using var gateway = await fixture.StartAsync(new SieveOptions { Before = [path] });
        var user = await fixture.UserAsync();
        (await user.DeliverAsync(gateway: gateway)).ShouldStartWith("451 4.3.0 ");
        fixture.File("never.sieve", "# lets all through\r\n");
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
    }

    [Theory]
    [InlineData("X-Spam: Yes\r\n", "", "Junk 1")]
    [InlineData("X-Spam: No\r\n", "", "INBOX 1")]
    [InlineData("", "+Archive", "Archive 1")]
    [InlineData("", "+nowhere", "INBOX 1")]
    [InlineData("X-Spam: Yes\r\n", "+Archive", "Junk 1")]
    [InlineData("", "", "INBOX 1")]
    public async Task The_default_script_files_spam_and_details(string field, string detail, string places)
    {
        var user = await fixture.UserAsync();
        await user.TakeAsync(user.Message(more: field), to: user.Address.Replace("@", $"{detail}@", StringComparison.Ordinal));
        (await user.PlacesAsync()).ShouldBe(places);
        (await user.LogAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Café/é", "Café/é 1")]
    [InlineData("Cafe\u0301/e\u0301", "Café/é 1")] // decomposed
    [InlineData("Cafe\u0301", "Café 1")]
    [InlineData("cafe\u0301", "INBOX 1")] // another name
    [InlineData("Cafe", "INBOX 1")]
    [InlineData("*", "INBOX 1")]
    [InlineData("a//b", "INBOX 1")]
    public async Task The_mailbox_of_the_detail_is_found_however_it_is_written(string detail, string places)
    {
        var user = await fixture.UserAsync();
        await user.CreateAsync("Café/é");
        await user.TakeAsync(from: "<ada@example.net> SMTPUTF8", to: user.Address.Replace("@", $"+{detail}@", StringComparison.Ordinal));
        (await user.PlacesAsync()).ShouldBe(places);
    }

    [Fact]
    public async Task The_default_script_creates_the_mailbox_of_a_detail_if_the_operator_says_so()
    {
        await using var gateway = await fixture.StartAsync(new SieveOptions { CreateDetailMailbox = true });
        var user = await fixture.UserAsync();
        await user.TakeAsync(to: user.Address.Replace("@", "+projects/new@", StringComparison.Ordinal), gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("projects/new 1");
    }

    [Fact]
    public async Task The_detail_begins_where_the_operator_says()
    {
        await using var gateway = await fixture.StartAsync(lmtp: static options => options.RecipientDelimiter = "-");
        var user = await fixture.UserAsync();
        await user.TakeAsync(to: user.Address.Replace("@", "-Archive@", StringComparison.Ordinal), gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("Archive 1");
    }

    [Fact]
    public async Task There_may_be_no_default_script()
    {
        await using var gateway = await fixture.StartAsync(new SieveOptions { Default = "" });
        var user = await fixture.UserAsync();
        await user.TakeAsync(user.Message(more: "X-Spam: Yes\r\n"), gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
    }

    [Fact]
    public async Task Scripts_include_the_users_and_the_sites()
    {
        var folder = Path.GetDirectoryName(fixture.File("shared.sieve", "require [\"fileinto\"]; fileinto \"Archive\";"))!;
        await using var gateway = await fixture.StartAsync(new SieveOptions { GlobalFolder = folder });
        var user = await fixture.UserAsync("require [\"include\"]; include :personal \"other\"; include :global \"shared\";");
        await user.ActivateAsync("require [\"fileinto\"]; fileinto \"Trash\";", "other", activate: false);
        await user.TakeAsync(gateway: gateway);
        (await user.PlacesAsync()).ShouldBe("Archive 1, Trash 1");
    }

    private SieveOptions Options() => new()
    {
        Before = [File("first", "if exists \"X-Stop-First\" { discard; stop; } if exists \"X-Copy-First\" { fileinto :copy \"Trash\"; }")],
        After = [File("last", "if exists \"X-Stop-Last\" { fileinto \"Sent\"; stop; }")],
        Default = File("default", ""),
        Domains = [new SieveDomainOptions { Domain = "example.com", Before = [File("domain", "")], After = [File("near", "")] }],
    };

    // Each tells the owner's log that it ran
    private string File(string name, string commands) => fixture.File(
        $"order-{name}.sieve", $"require [\"fileinto\", \"copy\", \"vnd.dovecot.debug\"];\r\ndebug_log \"{name}\";\r\n{commands}\r\n");
}
