using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Logins;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts.LoginLimits;

/// <summary>Two nodes on one database that count wrong passwords together.</summary>
public sealed class LoginLimitHostTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly IPAddress Home = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress Elsewhere = IPAddress.Parse("198.51.100.1");

    private readonly LoginLimitOptions _options = new()
    {
        PairFailures = 4, UserFailures = 6, AddressFailures = 10, Delay = TimeSpan.Zero, ShareInterval = TimeSpan.FromMilliseconds(10), ShareTimeout = TimeSpan.FromSeconds(30),
    };

    private MailstoreNode _left = null!;
    private MailstoreNode _right = null!;

    public async Task InitializeAsync()
    {
        _left = await MailstoreNode.StartAsync();
        _right = await MailstoreNode.StartAsync(_left.Address);
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Fact]
    public async Task A_second_node_is_no_second_chance()
    {
        await using var left = await StartAsync(_left);
        await using var right = await StartAsync(_right);
        await FailAsync(left, Home, "anna", 2);
        await FailAsync(right, Home, "anna", 2);
        (await right.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.UserAtAddress);
        await BlockedAsync(left, Home, "anna", LoginBlock.UserAtAddress);

        // One that starts later knows too
        await using var third = await StartAsync(_right);
        (await third.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.UserAtAddress);
        (await third.AskAsync(Elsewhere, "anna", None)).Block.ShouldBe(LoginBlock.None);
    }

    [Fact]
    public async Task Of_many_guesses_at_once_no_more_than_the_limit_hear_an_answer()
    {
        await using var left = await StartAsync(_left);
        var heard = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => left.FailedAsync(Home, "anna", null, None).AsTask()));
        heard.Count(static permission => !permission.IsBlocked).ShouldBe(4);

        // Not even if one of them was right
        (await left.SucceededAsync(Home, "anna", null, None)).Block.ShouldBe(LoginBlock.UserAtAddress);
    }

    [Fact]
    public async Task A_right_password_is_heard_of_elsewhere()
    {
        await using var left = await StartAsync(_left);
        await using var right = await StartAsync(_right);
        await FailAsync(left, Home, "anna", 3);
        (await left.SucceededAsync(Home, "anna", null, None)).ShouldBe(default);
        await Eventually.WaitAsync(async () => await RowsAsync("kind = 3") == 0);
        await FailAsync(right, Home, "anna", 3);
        await FailAsync(left, Home, "bert", 3);
        (await right.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.None);

        // Of the network's ten these were the seventh, not the tenth
        await FailAsync(right, Home, "carol", 2);
        (await right.AskAsync(Home, "dora", None)).Block.ShouldBe(LoginBlock.None);
    }

    [Fact]
    public async Task Strangers_cannot_lock_a_user_out_from_where_the_user_is_at_home()
    {
        await using var left = await StartAsync(_left);
        await using var right = await StartAsync(_right);
        (await left.SucceededAsync(Home, "anna", null, None)).ShouldBe(default);
        await Eventually.WaitAsync(async () => await KnownAsync() == 1);
        for (var i = 0; i < 6; i++)
            await FailAsync(right, new IPAddress([203, 0, 113, (byte)i]), "anna", 1);
        (await right.AskAsync(Elsewhere, "anna", None)).Block.ShouldBe(LoginBlock.User);
        (await right.SucceededAsync(Elsewhere, "anna", null, None)).Block.ShouldBe(LoginBlock.User);
        (await right.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.None);
        (await right.SucceededAsync(Home, "anna", null, None)).ShouldBe(default);
        await BlockedAsync(left, Elsewhere, "anna", LoginBlock.User);
        (await left.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.None);

        // Who is at the same place is bound by the limit of the pair
        await FailAsync(left, Home, "anna", 4);
        (await left.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.UserAtAddress);
    }

    [Fact]
    public async Task Logins_that_succeed_again_and_again_write_nothing()
    {
        await using var left = await StartAsync(_left);
        for (var i = 0; i < 50; i++)
            await left.SucceededAsync(Home, "anna", null, None);
        await Eventually.WaitAsync(async () => await KnownAsync() == 1);
        var seen = await ScalarAsync("SELECT seen_at FROM login_known");
        for (var i = 0; i < 50; i++)
            await left.SucceededAsync(Home, "anna", null, None);

        // Whatever comes first is written first
        await left.SucceededAsync(Elsewhere, "anna", null, None);
        await Eventually.WaitAsync(async () => await KnownAsync() == 2);
        (await ScalarAsync("SELECT min(seen_at) FROM login_known")).ShouldBe(seen);
        (await RowsAsync("true")).ShouldBe(0);
    }

    [Fact]
    public async Task An_attack_is_told_in_batches()
    {
        _options.PairFailures = _options.AddressFailures = _options.UserFailures = 1_000_000;
        _options.ShareBatch = 1000;
        await using var left = await StartAsync(_left);

        // While the table is locked nothing is written, and what is counted meanwhile waits: how fast the machine is does not matter
        List<Task<LoginPermission>> attack;
        await using (var connection = await _left.Database.Write.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using (var command = new NpgsqlCommand("LOCK TABLE login_limits IN EXCLUSIVE MODE", connection))
                await command.ExecuteNonQueryAsync();
            attack = [.. Enumerable.Range(0, 3000).Select(i => left.FailedAsync(new IPAddress([10, 0, 0, (byte)(i % 100)]), "user" + (i % 50), Known("user"), None).AsTask())];
            await Task.Delay(TimeSpan.FromSeconds(1));
            await transaction.CommitAsync();
        }

        await Task.WhenAll(attack);
        (await ScalarAsync("SELECT sum(failures) FROM login_limits WHERE kind = 1")).ShouldBe(3000L);
        (await ScalarAsync("SELECT sum(failures) FROM login_limits WHERE kind = 3")).ShouldBe(3000L);

        // As many rows as things were counted, each written once for all that was counted in the meantime: nothing like three writes for each of 3,000 failures
        var written = (long)(await ScalarAsync("SELECT last_value FROM login_limits_version"))!;
        written.ShouldBeLessThan(3000);
    }

    [Fact]
    public async Task Names_that_are_nobodys_are_not_in_the_database_and_administrators_lift_blocks_everywhere()
    {
        await using var left = await StartAsync(_left);
        await using var right = await StartAsync(_right);
        await FailAsync(left, Home, "my-secret-password", 4, isKnown: false);
        await FailAsync(left, Elsewhere, "anna", 4);
        await using var another = await MailstoreNode.StartAsync(_left.Address); // sora-admin is a process of its own
        var administration = new LoginLimitAdministration(another.Database, another.Feed);
        var blocks = await administration.ListAsync(null, null, 100, None);
        blocks.Select(static block => (block.Kind, block.Network, block.User)).ShouldBe(
            [("pair", "192.0.2.1", null), ("pair", "198.51.100.1", "anna")], ignoreOrder: true);
        (await ScalarAsync("SELECT count(*) FROM login_limits l WHERE l::text LIKE '%my-secret%'")).ShouldBe(0L);
        (await administration.ListAsync("192.0.2.0/24", null, 100, None)).Count.ShouldBe(1);
        (await administration.ListAsync(null, "Anna", 100, None)).Count.ShouldBe(1);

        await BlockedAsync(right, Home, "my-secret-password", LoginBlock.UserAtAddress);
        (await administration.UnblockAsync(null, "my-secret-password", None)).Count.ShouldBe(1);
        foreach (var host in new[] { left, right })
            await Eventually.WaitAsync(async () => !(await host.AskAsync(Home, "my-secret-password", None)).IsBlocked);
        await BlockedAsync(right, Elsewhere, "anna", LoginBlock.UserAtAddress);
        (await administration.UnblockAsync("198.51.100.1", null, None)).Count.ShouldBe(1);
        foreach (var host in new[] { left, right })
            await Eventually.WaitAsync(async () => !(await host.AskAsync(Elsewhere, "anna", None)).IsBlocked);
    }

    [Fact]
    public async Task Exempt_networks_and_a_switch_that_is_off_refuse_nobody()
    {
        _options.ExemptNetworks = ["192.0.2.0/24"];
        await using var left = await StartAsync(_left);
        await FailAsync(left, Home, "anna", 50);
        await FailAsync(left, IPAddress.Parse("::ffff:192.0.2.77"), "anna", 50);
        (await left.AskAsync(Home, "anna", None)).ShouldBe(default);
        _options.Enabled = false;
        await FailAsync(left, Elsewhere, "anna", 50);
        (await left.AskAsync(Elsewhere, "anna", None)).ShouldBe(default);
        new LoginLimitOptions { ExemptNetworks = ["nonsense"] }.Validate().Single().ShouldContain("nonsense");
    }

    [Fact]
    public async Task Passwords_that_wait_are_limited_and_are_checked_when_their_time_has_come()
    {
        var time = new MovedTime();
        _options.Delay = TimeSpan.FromMinutes(3);
        _options.MaxDelay = TimeSpan.FromMinutes(3);
        _options.MaxDelayed = 2;
        _options.PairFailures = 100;
        _options.AddressFailures = 1000;
        await using var left = await StartAsync(_left, time);
        for (var i = 0; i < 2; i++)
        {
            var failing = left.FailedAsync(Home, "anna", Known("anna"), None).AsTask();
            await Eventually.WaitAsync(() =>
            {
                time.Advance(_options.ShareInterval);
                return failing.IsCompleted;
            });
        }

        var before = time.Waiting;
        var waiting = Enumerable.Range(0, 2).Select(_ => left.AskAsync(Home, "anna", None).AsTask()).ToArray();
        (await left.AskAsync(Home, "anna", None)).Block.ShouldBe(LoginBlock.Waiting);
        waiting.ShouldAllBe(static ask => !ask.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(3));
        foreach (var ask in waiting)
            (await ask).IsBlocked.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_over_goes_from_the_database()
    {
        await using var left = await StartAsync(_left);
        await FailAsync(left, Home, "anna", 4);
        await left.SucceededAsync(Home, "bert", null, None);
        await Eventually.WaitAsync(async () => await KnownAsync() == 1);
        var store = new LoginLimitStore(_left.Database.Write, _options);
        await store.SweepAsync(10, None);
        (await RowsAsync("true")).ShouldBe(3);
        await ScalarAsync("UPDATE login_limits SET changed_at = now() - interval '2 days', blocked_until = NULL; UPDATE login_known SET seen_at = now() - interval '31 days'");
        await store.SweepAsync(10, None);
        (await RowsAsync("true")).ShouldBe(0);
        (await KnownAsync()).ShouldBe(0);
        await ScalarAsync(
            "INSERT INTO login_known SELECT '00000000-0000-0000-0000-000000000001', gen_random_uuid(), now() - n * interval '1 hour' FROM generate_series(1, 50) AS n");
        await store.SweepAsync(10, None);
        (await KnownAsync()).ShouldBe(_options.KnownPerUser);
        (await ScalarAsync("SELECT min(seen_at) > now() - interval '21 hours' FROM login_known")).ShouldBe(true);
    }

    [Fact]
    public async Task The_addresses_of_an_account_are_counted_together_and_that_is_seen_nowhere_but_in_lists()
    {
        await using var left = await StartAsync(_left);
        await using var right = await StartAsync(_right);
        var anna = new AccountIdentity(new AccountId(1), "anna@example.com") { HasOtherAddresses = true };
        await _left.CreateAccountAsync(anna.PrimaryAddress);
        await _left.AddAddressAsync(anna.PrimaryAddress, "a@example.com");
        for (var i = 0; i < 4; i++)
            (await left.FailedAsync(Home, $"{(char)('a' + i)}@example.com", anna, None)).IsBlocked.ShouldBeFalse();

        // The other node knows too: what was told later has reached it. (A right password that came before would be forgiven everything)
        await FailAsync(left, Elsewhere, "marker", 4);
        await BlockedAsync(right, Elsewhere, "marker", LoginBlock.UserAtAddress);

        // No address was guessed at more than once, and none of them is refused; but a right password is not let in, on no node
        foreach (var name in new[] { "a@example.com", "anna@example.com" })
        {
            (await left.AskAsync(Home, name, None)).ShouldBe(default);
            (await left.SucceededAsync(Home, name, anna.Account, None)).Block.ShouldBe(LoginBlock.Account);
            (await right.SucceededAsync(Home, name, anna.Account, None)).Block.ShouldBe(LoginBlock.Account);
        }

        // Another wrong one hears what it would hear of a name that is nobody's
        (await left.FailedAsync(Home, "a@example.com", anna, None)).ShouldBe(default);

        // Another account is let in
        (await left.SucceededAsync(Home, "zoe@example.com", new AccountId(2), None)).ShouldBe(default);

        // What needs no password is not guessed at, and other networks have their own count
        (await left.SucceededAsync(Home, "a@example.com", null, None)).ShouldBe(default);
        (await left.SucceededAsync(Elsewhere, "a@example.com", anna.Account, None)).ShouldBe(default);

        // It is listed and lifted under whichever of the names
        await using var another = await MailstoreNode.StartAsync(_left.Address); // sora-admin is a process of its own
        var administration = new LoginLimitAdministration(another.Database, another.Feed);
        await Eventually.WaitAsync(async () => (await administration.ListAsync(null, "a@example.com", 100, None)).Count > 0);
        (await administration.ListAsync(null, "a@example.com", 100, None)).Select(static block => (block.Kind, block.Network, block.User))
            .ShouldBe([("pair", "192.0.2.1", "anna@example.com")]);
        (await administration.UnblockAsync(null, "a@example.com", None)).Count.ShouldBe(1);
        foreach (var host in new[] { left, right })
            await Eventually.WaitAsync(async () => !(await host.SucceededAsync(Home, "a@example.com", anna.Account, None)).IsBlocked);
    }

    [Fact]
    public async Task Guesses_at_many_addresses_from_everywhere_do_not_lock_the_owner_out()
    {
        await using var left = await StartAsync(_left);
        var anna = new AccountIdentity(new AccountId(1), "anna") { HasOtherAddresses = true };
        (await left.SucceededAsync(Home, "anna", anna.Account, None)).ShouldBe(default);
        for (var i = 0; i < 6; i++)
            await left.FailedAsync(new IPAddress([10, 0, 0, (byte)i]), $"a{i}", anna, None);

        // By whichever address, as long as it is from where the account was used before
        (await left.SucceededAsync(Elsewhere, "anna", anna.Account, None)).Block.ShouldBe(LoginBlock.Account);
        (await left.SucceededAsync(Elsewhere, "a7", anna.Account, None)).Block.ShouldBe(LoginBlock.Account);
        (await left.SucceededAsync(Home, "anna", anna.Account, None)).ShouldBe(default);
        (await left.SucceededAsync(Home, "a7", anna.Account, None)).ShouldBe(default);
    }

    [Fact]
    public async Task A_right_password_forgives_what_was_wrong_at_other_addresses_of_the_account_but_the_network_only_its_own()
    {
        await using var left = await StartAsync(_left);
        var anna = new AccountIdentity(new AccountId(1), "anna") { HasOtherAddresses = true };
        for (var round = 0; round < 2; round++)
        {
            await left.FailedAsync(Home, "a", anna, None);
            await left.FailedAsync(Home, "b", anna, None);
            await left.FailedAsync(Home, "anna", anna, None);
            (await left.SucceededAsync(Home, "anna", anna.Account, None)).ShouldBe(default);
        }

        // Of the network's ten these were four: two each of "a" and "b"
        await FailAsync(left, Home, "bert", 3);
        await FailAsync(left, Home, "carol", 2);
        (await left.AskAsync(Home, "dora", None)).Block.ShouldBe(LoginBlock.None);
        await FailAsync(left, Home, "dora", 1);
        (await left.AskAsync(Home, "emil", None)).Block.ShouldBe(LoginBlock.Address);
    }

    private Task<LoginLimitHost> StartAsync(MailstoreNode node, TimeProvider? time = null) =>
        LoginLimitHost.StartAsync(node.Database, node.Feed, _options, node.Metrics, time ?? TimeProvider.System, NullLoggerFactory.Instance, None);

    private static async Task FailAsync(LoginLimitHost host, IPAddress address, string user, int times, bool isKnown = true)
    {
        for (var i = 0; i < times; i++)
            await host.FailedAsync(address, user, isKnown ? Known(user) : null, None);
    }

    private static AccountIdentity Known(string user) => new(new AccountId(1), user);

    private static Task BlockedAsync(LoginLimitHost host, IPAddress address, string user, LoginBlock block) =>
        Eventually.WaitAsync(async () => (await host.AskAsync(address, user, None)).Block == block);

    private async Task<long> RowsAsync(string where) => (long)(await ScalarAsync($"SELECT count(*) FROM login_limits WHERE {where}"))!;

    private async Task<long> KnownAsync() => (long)(await ScalarAsync("SELECT count(*) FROM login_known"))!;

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _left.Database.Write.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }
}
