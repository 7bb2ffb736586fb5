using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Sieve;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Sieve;

/// <summary>External lists (RFC 6134): the site's in its configuration, the accounts' in the database.</summary>
public sealed class SieveListTests : IAsyncLifetime, IDisposable
{
    private const string Partners = "tag:example.com,2026:partners";
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TempFolder _folder = new();
    private MailstoreNode _node = null!;
    private AccountId _account;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _node.SieveOptions.MaxLists = 2;
        _node.SieveOptions.MaxListMembers = 5;
        _account = (await _node.CreateAccountAsync()).Id;
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_list_is_all_that_has_its_name_for_the_user()
    {
        var file = _folder.File("partners.txt");
        await File.WriteAllTextAsync(file, "\uFEFF# those we work with\r\n\r\n  file@example.org \r\nSITE@example.org\r\n");
        using var lists = _node.ListsOf(new SieveOptions
        {
            Lists =
            [
                new SieveListOptions { Name = "TAG:example.com,2026:%70artners", Members = [" site@example.org "], File = file },
                new SieveListOptions { Name = Partners, Domain = "Example.com", Members = ["domain@example.org"] },
                new SieveListOptions { Name = Partners, Domain = "example.net", Members = ["other@example.org"] },
                new SieveListOptions { Name = "tag:example.com,2026:else", Members = ["else"] },
            ],
        });
        (await lists.PutAsync(_account, Partners, ["own@example.org", "OWN@example.org", "domain@EXAMPLE.org"], None)).Value.ShouldBe(2);
        var found = (await lists.FindAsync(_account, "example.com", Partners, None)).Value!;
        found.Members.Select(static member => member.ToLowerInvariant()).Order().ShouldBe(["domain@example.org", "file@example.org", "own@example.org", "site@example.org"]);
        found.TryFind("Own@Example.ORG", out var member).ShouldBeTrue();
        member.ShouldBe("own@example.org", "as the list writes it (section 2.2)");
        found.TryFind("other@example.org", out _).ShouldBeFalse();
        (await lists.FindAsync(default, "example.net", Partners, None)).Value!.Members
            .Order(StringComparer.OrdinalIgnoreCase).ShouldBe(["file@example.org", "other@example.org", "SITE@example.org"]);
        (await lists.FindAsync(_account, "example.com", "tag:example.com,2026:none", None)).Value.ShouldBeNull();
    }

    [Theory]
    [InlineData("ADA@example.net", "ada@example.net")]
    [InlineData("Ada Lovelace <ada@example.net>", "ada@example.net")]
    [InlineData("bob@example.net", "Bob <Bob@example.net>")]
    [InlineData("\"B. <x>\" < bob@example.net >", "Bob <Bob@example.net>")]
    [InlineData("bob <bob@example.net>", "Bob <Bob@example.net>")]
    [InlineData("second@example.net", "second@example.net")]
    [InlineData("<>", null)]
    [InlineData("<<", null)]
    [InlineData(">", null)]
    [InlineData("eve@example.net", null)]
    public void A_name_before_an_address_does_not_matter(string value, string? member)
    {
        var list = new SieveList(["ada@example.net", "Bob <Bob@example.net>", "a<b", "<"]).And(new SieveList(["second@example.net"]));
        list.TryFind(value, out var found).ShouldBe(member is not null);
        found.ShouldBe(member);
    }

    [Fact]
    public async Task The_default_address_book_is_always_there()
    {
        (await _node.SieveLists.FindAsync(_account, "example.com", SieveListName.DefaultAddressBook, None)).Value!.Members.ShouldBeEmpty();
        (await _node.SieveLists.AddAsync(_account, SieveListName.DefaultAddressBook, ["ada@example.net"], None)).Value.ShouldBe(1);
        (await _node.SieveLists.FindAsync(_account, "example.com", SieveListName.DefaultAddressBook, None)).Value!.Members.ShouldBe(["ada@example.net"]);
        (await _node.SieveLists.DeleteAsync(_account, SieveListName.DefaultAddressBook, None)).IsOk.ShouldBeTrue();
        (await _node.SieveLists.FindAsync(_account, "example.com", SieveListName.DefaultAddressBook, None)).Value!.Members.ShouldBeEmpty();
    }

    [Fact]
    public async Task Members_come_and_go_one_by_one()
    {
        (await _node.SieveLists.AddAsync(_account, Partners, ["a", "B"], None)).Value.ShouldBe(2);
        (await _node.SieveLists.AddAsync(_account, Partners, ["A", "c"], None)).Value.ShouldBe(1);
        (await _node.SieveLists.ReadAsync(_account, Partners, None)).Value.ShouldBe(["a", "B", "c"]);
        (await _node.SieveLists.RemoveAsync(_account, Partners, ["b", "nobody"], None)).Value.ShouldBe(1);
        (await _node.SieveLists.ReadAsync(_account, Partners, None)).Value.ShouldBe(["a", "c"]);
        (await _node.SieveLists.PutAsync(_account, Partners, [], None)).Value.ShouldBe(2);
        (await _node.SieveLists.FindAsync(_account, "example.com", Partners, None)).Value!.Members.ShouldBeEmpty("an empty list is a list");
        var lists = (await _node.SieveLists.ListAsync(_account, None)).Value;
        lists.ShouldHaveSingleItem().Name.ShouldBe(Partners);
        lists[0].Members.ShouldBe(0);
        (await _node.SieveLists.DeleteAsync(_account, Partners, None)).IsOk.ShouldBeTrue();
        foreach (var error in new[]
        {
            (await _node.SieveLists.DeleteAsync(_account, Partners, None)).Error, (await _node.SieveLists.RemoveAsync(_account, Partners, ["a"], None)).Error,
            (await _node.SieveLists.ReadAsync(_account, Partners, None)).Error, (await _node.SieveLists.AddAsync(new AccountId(99_999), Partners, ["a"], None)).Error,
        })
            error!.Code.ShouldBe(MailErrorCode.NonExistent);
    }

    [Fact]
    public async Task An_account_has_limits()
    {
        (await _node.SieveLists.AddAsync(_account, "tag:x,2026:1", ["a", "b", "c"], None)).IsOk.ShouldBeTrue();
        (await _node.SieveLists.AddAsync(_account, "tag:x,2026:2", ["d", "e"], None)).IsOk.ShouldBeTrue();
        (await _node.SieveLists.AddAsync(_account, "tag:x,2026:3", [], None)).Error!.Code.ShouldBe(MailErrorCode.Limit);
        (await _node.SieveLists.AddAsync(_account, "tag:x,2026:2", ["f"], None)).Error!.Code.ShouldBe(MailErrorCode.Limit);
        (await _node.SieveLists.ReadAsync(_account, "tag:x,2026:2", None)).Value.ShouldBe(["d", "e"]);
        (await _node.SieveLists.PutAsync(_account, "tag:x,2026:2", ["f"], None)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task Another_process_hears_of_a_change()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        (await other.SieveLists.FindAsync(_account, "example.com", Partners, None)).Value.ShouldBeNull();
        await _node.SieveLists.AddAsync(_account, Partners, ["a"], None);
        await Eventually.WaitAsync(async () => (await other.SieveLists.FindAsync(_account, "example.com", Partners, None)).Value is not null);
        await _node.SieveLists.AddAsync(_account, Partners, ["b"], None);
        await Eventually.WaitAsync(async () => (await other.SieveLists.FindAsync(_account, "example.com", Partners, None)).Value!.TryFind("b", out _));
    }

    [Fact]
    public async Task What_is_known_costs_no_query_and_no_more_memory_than_allowed()
    {
        var options = new SieveOptions { MaxCachedListMembers = 4 };
        using var lists = _node.ListsOf(options);
        (await IsFoundAsync(Partners)).ShouldBeFalse();
        await PutUnannouncedAsync(Partners);
        (await IsFoundAsync(Partners)).ShouldBeFalse("that a list is not there is known too");
        for (var i = 0; i < 4; i++)
            (await IsFoundAsync($"tag:x,2026:{i}")).ShouldBeFalse();
        await PutUnannouncedAsync("tag:x,2026:3");
        (await IsFoundAsync("tag:x,2026:3")).ShouldBeFalse("the last one is known");
        (await IsFoundAsync(Partners)).ShouldBeTrue("for which this one was forgotten");

        async Task<bool> IsFoundAsync(string name) => (await lists.FindAsync(_account, "example.com", name, None)).Value is not null;
    }

    [Fact]
    public void A_file_that_gets_worse_leaves_its_members_and_one_that_never_was_good_is_an_error()
    {
        var file = _folder.File("list.txt");
        File.WriteAllText(file, "one\ntwo\n");
        var options = new SieveOptions { RefreshFiles = TimeSpan.Zero, MaxListFile = ByteSize.KiB(1), Lists = [new SieveListOptions { Name = Partners, File = file }] };
        var lists = new SiteLists(options, TimeProvider.System, NullLoggerFactory.Instance);
        Members(lists).ShouldBe(["one", "two"]);
        File.WriteAllText(file, "one\ntwo\nthree\n");
        Members(lists).ShouldBe(["one", "two", "three"]);
        foreach (var (bytes, reason) in new (byte[] Bytes, string Reason)[]
        {
            ("good\nb\0d\n"u8.ToArray(), "line 2: a member of a list has no control characters"),
            ([0xC3, 0x28], "it is not UTF-8"),
            (new byte[1025], "it has more than 1024 bytes"),
        })
        {
            File.WriteAllBytes(file, bytes);
            Members(lists).ShouldBe(["one", "two", "three"]);
            lists.Problems().ShouldBe([$"sieve.lists[0].file: {file}: {reason}"]);
            new SiteLists(options, TimeProvider.System, NullLoggerFactory.Instance).Find("example.com", Partners).Error!.Code.ShouldBe(MailErrorCode.Unavailable);
        }

        File.WriteAllText(file, "");
        Members(lists).ShouldBeEmpty();
        lists.Problems().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("partners", "is no name of a list")]
    [InlineData(":addrbook", "is no name of a list")]
    [InlineData("ldap://example.com/x", "is neither a tag: nor a urn: URI")]
    [InlineData(":addrbook:default", null)]
    [InlineData("Tag:example.com,2026:x", null)]
    [InlineData("urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", null)]
    public void Names_of_lists_are_checked(string name, string? problem)
    {
        var problems = new SieveListOptions { Name = name }.Validate().ToList();
        if (problem is null)
            problems.ShouldBeEmpty();
        else
            problems.ShouldHaveSingleItem().ShouldContain(problem);
        new SieveListOptions { Name = Partners, Members = ["a\nb"] }.Validate().ShouldHaveSingleItem().ShouldContain("control characters");
    }

    // Behind everybody's back: only who asks the database hears of it
    private async Task PutUnannouncedAsync(string name)
    {
        await using var command = _node.Database.Write.CreateCommand("INSERT INTO sieve_lists (account_id, name, members) VALUES ($1, $2, '{a,b}')");
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _account.Value });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        (await command.ExecuteNonQueryAsync(None)).ShouldBe(1);
    }

    private static IEnumerable<string> Members(SiteLists lists) => lists.Find("example.com", Partners).Value!.Members;
}
