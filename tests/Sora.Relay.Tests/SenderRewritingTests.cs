using Sora.Contracts;
using Sora.Testing;
using static Sora.Relay.Tests.RelayFixture;

namespace Sora.Relay.Tests;

public sealed class SenderRewritingTests
{
    private readonly Clock _clock = new();

    [Theory]
    [InlineData("ada@example.net")]
    [InlineData("Ada.Lovelace+tag=1@Mail.Example.NET")]
    [InlineData("a=b=c@example.net")]
    [InlineData("SRS0@example.net")]
    public void A_bounce_finds_its_way_back(string sender)
    {
        var srs = Srs();
        var rewritten = srs.Encode(sender);
        rewritten.ShouldStartWith("SRS0=");
        rewritten.ShouldEndWith("@example.org");
        srs.Decode(rewritten).ShouldBe(sender);

        // Some systems write local parts in another case
        srs.Decode(rewritten.ToUpperInvariant())!.ShouldBe(sender, StringCompareShould.IgnoreCase);
        srs.Decode(rewritten.ToLowerInvariant())!.ShouldBe(sender, StringCompareShould.IgnoreCase);
    }

    [Theory]
    [InlineData("")]
    [InlineData("ada@example.org")]
    [InlineData("ada@EXAMPLE.ORG")]
    public void What_needs_no_other_sender_keeps_its_own(string sender) => Srs().Encode(sender).ShouldBe(sender);

    [Theory]
    [InlineData(60)]
    [InlineData(64)]
    public void A_sender_too_long_for_a_local_part_keeps_its_own(int length)
    {
        var sender = new string('x', length) + "@example.net";
        Srs().Encode(sender).ShouldBe(sender);
    }

    [Theory]
    [InlineData("\"a b\"@example.net")]
    [InlineData("\"a\\\"b\"@example.net")]
    [InlineData("a@[192.0.2.1]")]
    public void A_sender_that_cannot_be_part_of_another_keeps_its_own(string sender) => Srs().Encode(sender).ShouldBe(sender);

    [Fact]
    public void Forwarders_after_the_first_lead_bounces_to_the_first()
    {
        var first = new SenderRewriting(["the first one's secret"], "first.example", TimeSpan.FromDays(21), _clock);
        var second = new SenderRewriting(["the second one's secret"], "second.example", TimeSpan.FromDays(21), _clock);
        var third = new SenderRewriting(["the third one's secret"], "third.example", TimeSpan.FromDays(21), _clock);
        var a = first.Encode("ada@example.net");
        var b = second.Encode(a);
        var c = third.Encode(b);
        b.ShouldStartWith("SRS1=");
        c.ShouldStartWith("SRS1=");
        c.Length.ShouldBe(b.Length - 1);
        third.Decode(c).ShouldBe(a);
        second.Decode(b).ShouldBe(a);
        first.Decode(a).ShouldBe("ada@example.net");
        third.Decode(b).ShouldBeNull();
    }

    [Fact]
    public void Nobody_else_can_make_an_address()
    {
        var srs = Srs();
        var real = srs.Encode("ada@example.net");
        srs.Decode(real).ShouldNotBeNull();
        for (var i = 5; i < real.IndexOf('@', StringComparison.Ordinal); i++)
        {
            var changed = real.ToCharArray();
            changed[i] = changed[i] is 'a' or 'A' ? 'b' : 'a';
            if (!new string(changed).Equals(real, StringComparison.OrdinalIgnoreCase))
                srs.Decode(new string(changed)).ShouldBeNull(new string(changed));
        }

        foreach (var address in (string[])["", "@", "SRS0@example.org", "SRS0=@example.org", "SRS0====@example.org", "SRS1=x==@example.org", "ada@example.org", real + "x"])
            srs.Decode(address).ShouldBeNull();
    }

    [Fact]
    public void An_address_has_its_time_also_when_the_days_begin_anew()
    {
        for (var day = 0; day < 1100; day += 7)
        {
            _clock.Now = DateTimeOffset.UnixEpoch.AddDays(20_000 + day);
            var srs = Srs();
            var address = srs.Encode("ada@example.net");
            _clock.Now = _clock.Now.AddDays(21);
            srs.Decode(address).ShouldBe("ada@example.net");
            _clock.Now = _clock.Now.AddDays(1);
            srs.Decode(address).ShouldBeNull();
        }
    }

    [Fact]
    public void A_secret_can_be_replaced()
    {
        var old = Srs("a secret of old times").Encode("ada@example.net");
        Srs("a secret of new times", "a secret of old times").Decode(old).ShouldBe("ada@example.net");
        Srs("a secret of new times").Decode(old).ShouldBeNull();
        Srs("a secret of new times", "a secret of old times").Encode("ada@example.net").ShouldBe(Srs("a secret of new times").Encode("ada@example.net"));
    }

    [Fact]
    public async Task Redirects_leave_with_a_rewritten_sender_and_reports_go_to_the_true_one()
    {
        await using var peer = new SmtpPeer();
        peer.Always("RCPT TO:<bad@", "550 5.1.1 no");
        await using var fixture = await RelayFixture.StartAsync(peer);
        fixture.Options.Srs.Domain = "example.com";
        fixture.Options.Srs.Secrets = ["a secret of the tests"];
        await fixture.EnqueueAsync(Request("1"));
        await fixture.EnqueueAsync(Request("2", recipients: "bad@example.net"));
        await fixture.EnqueueAsync(Request("3") with { Kind = RelayKind.Notify });
        fixture.Work();
        await fixture.EmptyAsync();
        peer.Messages.Select(message => message.Mail.Split('<')[1].Split('=', '>')[0]).Order(StringComparer.Ordinal).ShouldBe(["", "SRS0", "a@example.org"], ignoreOrder: true);
        peer.Messages.Single(message => message.Mail.StartsWith("MAIL FROM:<>", StringComparison.Ordinal)).Recipients.ShouldBe(["RCPT TO:<a@example.org> NOTIFY=NEVER"]);
    }

    private SenderRewriting Srs(params string[] secrets) =>
        new(secrets.Length == 0 ? ["a secret of the tests"] : secrets, "example.org", TimeSpan.FromDays(21), _clock);

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
