using System.Net;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Logins;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts.LoginLimits;

/// <summary>Counters in memory, without a database.</summary>
public sealed class LoginLimitTableTests
{
    private static readonly LoginKeys Keys = new([1, 2, 3], 64);

    private readonly MovedTime _time = new();
    private readonly LoginLimitOptions _options = new() { PairFailures = 5, AddressFailures = 12, UserFailures = 8, Delay = TimeSpan.FromSeconds(1) };

    [Fact]
    public void A_pair_is_blocked_at_its_limit_and_each_time_for_longer()
    {
        var table = new LoginLimitTable(_options, _time);
        foreach (var minutes in new[] { 15, 30, 60 })
        {
            Fail(table, "192.0.2.1", "anna", 4);
            table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.None);
            Fail(table, "192.0.2.1", "anna", 1);
            var blocked = table.Ask(Of("192.0.2.1", "anna"));
            blocked.Block.ShouldBe(LoginBlock.UserAtAddress);
            blocked.Time.ShouldBe(TimeSpan.FromMinutes(minutes));
            table.Ask(Of("192.0.2.2", "anna")).Block.ShouldBe(LoginBlock.None);
            table.Ask(Of("192.0.2.1", "bert")).Block.ShouldBe(LoginBlock.None);
            _time.Advance(TimeSpan.FromMinutes(minutes));
            table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.None);
            _time.Advance(TimeSpan.FromHours(1)); // beyond the windows of the network and of the user
        }

        _time.Advance(_options.Memory + TimeSpan.FromSeconds(1));
        Fail(table, "192.0.2.1", "anna", 5);
        table.Ask(Of("192.0.2.1", "anna")).Time.ShouldBe(TimeSpan.FromMinutes(15));
    }

    [Fact]
    public void A_block_outlives_news_from_before_the_failures_that_led_to_it()
    {
        var table = new LoginLimitTable(_options, _time);
        Fail(table, "192.0.2.1", "anna", 3);
        var told = table.TakeChanges(100);
        Fail(table, "192.0.2.1", "anna", 2);
        foreach (var change in told)
            table.Take(new LoginLimitRow(change.Entry.Kind, change.Entry.Key, change.Failures, TimeSpan.Zero, 0, TimeSpan.Zero, 1));
        var permission = table.Ask(Of("192.0.2.1", "anna"));
        permission.Block.ShouldBe(LoginBlock.UserAtAddress);
        permission.Time.ShouldBe(TimeSpan.FromMinutes(15));
    }

    [Fact]
    public void No_block_is_longer_than_the_longest()
    {
        _options.MaxBlock = TimeSpan.FromMinutes(20);
        var table = new LoginLimitTable(_options, _time);
        for (var i = 0; i < 70; i++)
        {
            Fail(table, "192.0.2.1", "anna", 5);
            table.Ask(Of("192.0.2.1", "anna")).Time.ShouldBeLessThanOrEqualTo(TimeSpan.FromMinutes(20));
            _time.Advance(TimeSpan.FromMinutes(61));
        }
    }

    [Fact]
    public void Many_users_from_one_network_and_one_user_from_many_networks_are_too_many_too()
    {
        var table = new LoginLimitTable(_options, _time);
        for (var i = 0; i < 12; i++)
            Fail(table, "2001:db8::" + (i + 1), "user" + i, 1);
        table.Ask(Of("2001:db8::ffff", "anna")).Block.ShouldBe(LoginBlock.Address);
        table.Ask(Of("2001:db8:0:1::1", "anna")).Block.ShouldBe(LoginBlock.None);
        for (var i = 0; i < 8; i++)
            Fail(table, "192.0.2." + i, "victim", 1);
        table.Ask(Of("198.51.100.1", "victim")).Block.ShouldBe(LoginBlock.User);
        table.Ask(Of("198.51.100.1", "VICTIM ")).Block.ShouldBe(LoginBlock.User);
        table.Ask(Of("198.51.100.1", "anna")).Block.ShouldBe(LoginBlock.None);
    }

    [Fact]
    public void A_right_password_clears_user_and_pair_and_only_its_own_part_of_the_network()
    {
        var table = new LoginLimitTable(_options, _time);
        Fail(table, "192.0.2.1", "other", 4);
        Fail(table, "192.0.2.1", "third", 4);
        Fail(table, "192.0.2.1", "anna", 3);
        table.Succeeded(Of("192.0.2.1", "anna"));
        Fail(table, "192.0.2.1", "anna", 3); // else these were the fifth of the pair, and the twelfth of the network
        table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.None);
        table.Succeeded(Of("192.0.2.1", "anna"));
        Fail(table, "192.0.2.1", "fourth", 4);
        table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.Address);
        table.Succeeded(Of("198.51.100.1", "anna"));
        table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.Address);
    }

    [Fact]
    public void A_users_block_outlives_the_users_own_logins()
    {
        var table = new LoginLimitTable(_options, _time);
        for (var i = 0; i < 8; i++)
            Fail(table, "192.0.2." + i, "anna", 1);
        table.Succeeded(Of("203.0.113.1", "anna"));
        table.Ask(Of("198.51.100.1", "anna")).Block.ShouldBe(LoginBlock.User);
    }

    [Fact]
    public void Wrong_passwords_make_the_next_one_wait_for_longer_and_longer()
    {
        _options.PairFailures = 100;
        _options.AddressFailures = 1000;
        _options.UserFailures = 1000;
        var table = new LoginLimitTable(_options, _time);
        int[] seconds = [0, 0, 1, 2, 4, 8, 16, 30, 30];
        foreach (var expected in seconds)
        {
            table.Ask(Of("192.0.2.1", "anna")).ShouldBe(new LoginPermission(LoginBlock.None, TimeSpan.FromSeconds(expected)));
            Fail(table, "192.0.2.1", "anna", 1);
        }

        table.Ask(Of("192.0.2.1", "bert")).Time.ShouldBe(TimeSpan.Zero); // 9 of 1000 is less than 2 of 100
        table.Ask(Of("192.0.2.2", "anna")).Time.ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Windows_end()
    {
        var table = new LoginLimitTable(_options, _time);
        Fail(table, "192.0.2.1", "anna", 4);
        _time.Advance(_options.PairWindow + TimeSpan.FromSeconds(1));
        Fail(table, "192.0.2.1", "anna", 3);
        table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.None);
        Fail(table, "192.0.2.1", "anna", 1);
        table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.User); // whose window is longer
    }

    [Fact]
    public void What_others_have_counted_is_added_and_older_news_are_passed_over()
    {
        var table = new LoginLimitTable(_options, _time);
        var subject = Of("192.0.2.1", "anna");
        Fail(table, "192.0.2.1", "anna", 2);
        table.TakeChanges(100).Sum(static change => change.Failures).ShouldBe(6);
        table.Take(new LoginLimitRow(LoginKind.Pair, subject.Pair, 4, TimeSpan.FromMinutes(1), 0, TimeSpan.Zero, 7));
        table.Take(new LoginLimitRow(LoginKind.Pair, subject.Pair, 1, TimeSpan.FromMinutes(1), 0, TimeSpan.Zero, 6));
        Fail(table, "192.0.2.1", "anna", 1);
        table.Ask(subject).Block.ShouldBe(LoginBlock.UserAtAddress);
        table.Take(new LoginLimitRow(LoginKind.Address, Of("192.0.2.9", "x").Address, 0, TimeSpan.Zero, 3, TimeSpan.FromHours(2), 9));
        table.Ask(Of("192.0.2.9", "anna")).Time.ShouldBe(TimeSpan.FromHours(2));
        table.Drop(Of("192.0.2.9", "x").Address);
        table.Ask(Of("192.0.2.9", "anna")).Block.ShouldBe(LoginBlock.None);
    }

    [Fact]
    public void Memory_is_bounded_and_blocks_are_the_last_to_go()
    {
        _options.MaxEntries = 1000;
        _options.UserFailures = 100;
        var table = new LoginLimitTable(_options, _time);
        Fail(table, "192.0.2.1", "anna", 5);
        for (var i = 0; i < 5000; i++)
            Fail(table, new IPAddress([10, 0, (byte)(i >> 8), (byte)i]).ToString(), "user" + i, 1);
        table.Count.ShouldBe(1000);
        table.Ask(Of("192.0.2.1", "anna")).Block.ShouldBe(LoginBlock.UserAtAddress);
        _time.Advance(TimeSpan.FromHours(2));
        while (table.HasQueued)
            table.TakeChanges(1000);
        table.Sweep();
        table.Count.ShouldBe(1); // a block is remembered for longer
        _time.Advance(_options.Memory);
        table.Sweep();
        table.Count.ShouldBe(0);
    }

    [Fact]
    public void Keys_say_nothing_and_mapped_addresses_are_those_that_they_map()
    {
        Of("::ffff:192.0.2.1", "anna").ShouldBe(Of("192.0.2.1", "Anna"));
        Of("192.0.2.1", "anna").Network.ShouldBe("192.0.2.1");
        Of("2001:db8:1:2:3:4:5:6", "anna").Network.ShouldBe("2001:db8:1:2::/64");
        new LoginKeys([4], 64).OfUser("anna").ShouldNotBe(Keys.OfUser("anna"));
        new LoginKeys([1], 128).Network(IPAddress.Parse("2001:db8::1")).ShouldBe("2001:db8::1/128");
    }

    private static LoginSubject Of(string address, string user) => Keys.Of(IPAddress.Parse(address), user);

    private static void Fail(LoginLimitTable table, string address, string user, int times)
    {
        for (var i = 0; i < times; i++)
            table.Failed(Of(address, user), user);
    }
}
