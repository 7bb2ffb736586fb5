using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

public sealed class VerifiedPasswordCacheTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private readonly SetTime _time = new();

    [Theory]
    [InlineData("anna", "hash", "secret", true)]
    [InlineData("anna", "hash", "Secret", false)]
    [InlineData("anna", "new hash", "secret", false)]
    [InlineData("bert", "hash", "secret", false)]
    [InlineData("annah", "ash", "secret", false)]
    [InlineData("anna", "hashs", "ecret", false)]
    public void Account_hash_and_password_must_all_be_the_same(string account, string stored, string password, bool expected)
    {
        var cache = new VerifiedPasswordCache(10, Lifetime, _time);
        cache.Add("anna", "hash", "secret");
        cache.Contains(account, stored, password).ShouldBe(expected);
    }

    [Fact]
    public void An_entry_ends_and_being_used_does_not_prolong_it()
    {
        var cache = new VerifiedPasswordCache(10, Lifetime, _time);
        cache.Add("anna", "hash", "secret");
        _time.Advance(TimeSpan.FromSeconds(4));
        cache.Contains("anna", "hash", "secret").ShouldBeTrue();
        cache.Add("anna", "hash", "secret");
        _time.Advance(TimeSpan.FromSeconds(1));
        cache.Contains("anna", "hash", "secret").ShouldBeFalse();

        cache.Add("anna", "hash", "secret");
        cache.Contains("anna", "hash", "secret").ShouldBeTrue();
        cache.Count.ShouldBe(1);
    }

    [Fact]
    public void The_oldest_makes_room()
    {
        var cache = new VerifiedPasswordCache(3, Lifetime, _time);
        for (var i = 0; i < 5; i++)
            cache.Add("anna", "hash", $"secret {i}");
        cache.Count.ShouldBe(3);
        Enumerable.Range(0, 5).Select(i => cache.Contains("anna", "hash", $"secret {i}"))
            .ShouldBe([false, false, true, true, true]);
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(10, 0)]
    public void It_can_be_switched_off(int capacity, int seconds)
    {
        var cache = new VerifiedPasswordCache(capacity, TimeSpan.FromSeconds(seconds), _time);
        cache.Add("anna", "hash", "secret");
        cache.Contains("anna", "hash", "secret").ShouldBeFalse();
        cache.Count.ShouldBe(0);
    }

    private sealed class SetTime : TimeProvider
    {
        private long _now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Advance(TimeSpan time) => _now += time.Ticks;
    }
}
