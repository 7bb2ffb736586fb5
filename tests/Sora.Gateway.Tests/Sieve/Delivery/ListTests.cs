using Sora.Contracts;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Sieve;

namespace Sora.Gateway.Tests.Sieve.Delivery;

/// <summary>External lists (RFC 6134) at delivery: those of the site, and those of the account.</summary>
[Collection("sieve delivery")]
public sealed class ListTests(DeliveryFixture fixture)
{
    private const string MyList = "tag:example.com,2010-05-28:mylist";
    private const string BadAddresses = "tag:example.com,2011-04-10:DisallowedIPs";
    private static readonly CancellationToken None = CancellationToken.None;

    // RFC 6134 section 2.9, examples 1 and 2: who is known may have a higher score
    [Theory]
    [InlineData("<friend@example.net>", "7", "INBOX 1")]
    [InlineData("<FRIEND@example.net>", "8", "Spam 1")]
    [InlineData("<stranger@example.net>", "3", "Spam 1")]
    [InlineData("<stranger@example.net>", "1", "INBOX 1")]
    public async Task The_address_book_says_who_is_known(string from, string score, string places)
    {
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { SpamHeader = "X-Score" });
        var user = await fixture.UserAsync(
            """
            require ["envelope", "extlists", "fileinto", "spamtest", "relational", "comparator-i;ascii-numeric"];
            if envelope :list "from" ":addrbook:default" {
                if spamtest :value "ge" :comparator "i;ascii-numeric" "8" { fileinto "Spam"; }
            } elsif spamtest :value "ge" :comparator "i;ascii-numeric" "3" { fileinto "Spam"; }
            """);
        await user.CreateAsync("Spam");
        await AddAsync(user, ":addrbook:default", "Friend@example.net");
        await user.TakeAsync(user.Message(more: $"X-Score: {score}\r\n"), from, gateway: gateway);
        (await user.PlacesAsync()).ShouldBe(places);
    }

    // Example 4: a submission of a member goes to all
    [Fact]
    public async Task A_list_is_sent_one_message_with_all_members_as_recipients()
    {
        var user = await fixture.UserAsync(
            """
            require ["extlists", "envelope", "subaddress"];
            if allof (envelope :detail "to" "mylist", header :list "from" "tag:example.com,2010-05-28:mylist") {
                redirect :list "tag:example.com,2010-05-28:mylist";
            }
            """);
        await AddAsync(user, MyList, "ada@example.net", "Bob <bob@example.net>", "carol@example.net");
        var detailed = user.Address.Replace("@", "+mylist@", StringComparison.Ordinal);
        await user.TakeAsync(to: detailed);
        (await user.PlacesAsync()).ShouldBe("");
        var sent = user.Relayed.ShouldHaveSingleItem();
        sent.To.ShouldBe("ada@example.net, bob@example.net, carol@example.net");
        sent.Request.Kind.ShouldBe(RelayKind.Redirect);
        sent.Status.ShouldBe(RelayStatus.Queued);

        await user.TakeAsync(user.Message().Replace("ada@example.net", "eve@example.net", StringComparison.Ordinal), to: detailed);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        user.Relayed.Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_same_message_again_goes_to_nobody_of_the_list_whoever_has_come_since()
    {
        var user = await fixture.UserAsync($"require \"extlists\"; redirect :list \"{MyList}\";");
        await AddAsync(user, MyList, "a@example.net");
        var message = user.Message();
        await user.TakeAsync(message);
        await AddAsync(user, MyList, "b@example.net");
        await user.TakeAsync(message);
        user.Relayed.Select(static one => one.Status).ShouldBe([RelayStatus.Queued, RelayStatus.AlreadyQueued]);
    }

    [Fact]
    public async Task Nobody_gets_a_message_twice_and_who_sends_to_oneself_keeps_it()
    {
        var user = await fixture.UserAsync(
            $"require [\"extlists\", \"copy\"]; redirect :list \"{MyList}\"; redirect :copy \"Single@example.net\"; redirect :list \"tag:example.com,2026:second\";");
        var alias = await user.AddAliasAsync();
        await AddAsync(user, MyList, "single@example.net", "a@example.net", alias);
        await AddAsync(user, "tag:example.com,2026:second", "A@example.net", "b@example.net");
        await user.TakeAsync();
        user.Relayed.Select(static one => one.To).ShouldBe(["a@example.net", "Single@example.net", "b@example.net"]);
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("", 100, "", "has no addresses")]
    [InlineData("2026-12-25 holidays", 100, "", "has no addresses")]
    [InlineData("a@example.net b@example.net", 1, "", "has 2 addresses, more than 1")]
    [InlineData("a@example.net nonsense", 100, "a@example.net", "has 1 members that are no addresses")]
    public async Task What_cannot_be_sent_to_a_list_is_kept_and_told(string members, int most, string to, string problem)
    {
        await using var gateway = await fixture.StartAsync(options: new SieveDeliveryOptions { MaxListRecipients = most });
        var user = await fixture.UserAsync($"require \"extlists\"; redirect :list \"{MyList}\";");
        await AddAsync(user, MyList, members.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        await user.TakeAsync(gateway: gateway);
        string.Join(' ', user.Relayed.Select(static one => one.To)).ShouldBe(to);
        (await user.PlacesAsync()).ShouldBe(to.Length == 0 ? "INBOX 1" : "");
        (await user.LogAsync()).ShouldContain(line => line.Contains(problem, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_message_with_no_sender_goes_to_a_list_without_one_and_a_loop_is_seen()
    {
        var user = await fixture.UserAsync($"require \"extlists\"; redirect :list \"{MyList}\";");
        await AddAsync(user, MyList, "a@example.net");
        await user.TakeAsync(from: "<>");
        user.Relayed.ShouldHaveSingleItem().Request.Sender.ShouldBe("");
        var field = $"Delivered-To: {user.Address}\r\n";
        (await user.DeliverAsync(field + user.Message())).ShouldStartWith("554 ");
        user.Relayed.Count.ShouldBe(1);
    }

    // Example 5: addresses of hosts, in a list of the site for one domain
    [Fact]
    public async Task The_site_has_lists_for_all_and_for_a_domain()
    {
        var options = new SieveOptions
        {
            Lists =
            [
                new SieveListOptions { Name = BadAddresses, Domain = "example.com", Members = ["192.0.2.1"] },
                new SieveListOptions { Name = BadAddresses, File = fixture.File("addresses.txt", "# more\n192.0.2.2\n") },
                new SieveListOptions { Name = "tag:example.com,2026:theirs", Domain = "example.net", Members = ["x"] },
            ],
        };
        await using var gateway = await fixture.StartAsync(options);
        var user = await fixture.UserAsync(
            """
            require ["variables", "extlists", "reject", "fileinto"];
            if valid_ext_list "tag:example.com,2026:theirs" { discard; stop; }
            if not valid_ext_list ["tag:example.com,2011-04-10:DisallowedIPs", ":addrbook:default"] { discard; stop; }
            if header :matches "x-from" "*(* [*.*.*.*])*" {
                set "ip" "${3}.${4}.${5}.${6}";
                if string :list "${ip}" "tag:example.com,2011-04-10:DisallowedIPs" { reject "Not from ${0}"; stop; }
            }
            """);
        foreach (var (address, reply) in new[] { ("192.0.2.1", "550 5.7.1 Not from 192.0.2.1"), ("192.0.2.2", "550 5.7.1 Not from 192.0.2.2"), ("192.0.2.3", "250 2.0.0 ") })
            (await user.DeliverAsync(user.Message(more: $"X-From: x (mail.example.net [{address}]) by y\r\n"), gateway: gateway)).ShouldStartWith(reply);
    }

    [Fact]
    public async Task A_list_that_is_not_there_is_an_error_where_it_is_used()
    {
        var user = await fixture.UserAsync("require [\"extlists\", \"fileinto\"]; if valid_ext_list \"urn:any:thing\" { discard; } fileinto \"Archive\"; if header :list \"from\" \"urn:any:thing\" { stop; }");
        await user.TakeAsync();
        (await user.PlacesAsync()).ShouldBe("INBOX 1");
        (await user.LogAsync()).ShouldHaveSingleItem().ShouldContain("The list \"urn:any:thing\" cannot be asked");
        await user.ActivateAsync("require \"extlists\"; redirect :list \"urn:any:thing\";");
        await user.TakeAsync();
        (await user.LogAsync())[0].ShouldContain("there is no list");
        user.Relayed.ShouldBeEmpty();
    }

    // RFC 6134 section 4: as when the script itself could not be had
    [Fact]
    public async Task A_list_that_cannot_be_asked_now_lets_the_message_come_again()
    {
        await using var gateway = await fixture.StartAsync(lists: new AwayLists());
        var user = await fixture.UserAsync("require \"extlists\"; if address :list \"from\" \":addrbook:default\" { discard; }");
        (await user.DeliverAsync(gateway: gateway)).ShouldStartWith("451 ");
        (await user.PlacesAsync()).ShouldBe("");
    }

    private async Task AddAsync(ScriptUser user, string list, params string[] members)
    {
        SieveListName.TryNormalize(list, out var name).ShouldBeTrue();
        (await fixture.Node.SieveLists.AddAsync(user.Account.Id, name, members, None)).IsOk.ShouldBeTrue();
    }

    private sealed class AwayLists : ISieveLists
    {
        public ValueTask<MailResult<SieveList?>> FindAsync(AccountId account, string domain, string name, CancellationToken cancellationToken) => new(MailError.Unavailable());
    }
}
