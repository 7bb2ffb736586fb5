using Sora.Contracts;
using Sora.Gateway.Lmtp;
using Sora.Gateway.Tests.Connections;
using Sora.Relay;

namespace Sora.Gateway.Tests.Lmtp;

/// <summary>Recipients that are the rewritten senders of redirected messages, with a queue that says what a test wants to hear.</summary>
public sealed class BounceReturnTests : IRelay
{
    private readonly SenderRewriting _rewriting = new(["a secret of the tests"], "example.org", TimeSpan.FromDays(21), TimeProvider.System);
    private readonly List<string> _operations = [];
    private RelayStatus _status = RelayStatus.Queued;

    public async Task<RelayStatus> EnqueueAsync(RelayRequest request, CancellationToken cancellationToken)
    {
        var buffer = new byte[1000];
        var length = await request.Rest!(buffer, cancellationToken);
        System.Text.Encoding.UTF8.GetString(buffer, 0, length).ShouldBe("Subject: hi\r\n\r\nx\r\n");
        (request.Account, request.Kind, request.Sender).ShouldBe((default, RelayKind.Report, ""));
        request.Recipients.ShouldBe([new RelayRecipient("from@example.net", "NEVER")]);
        _operations.Add(request.OperationId);
        return _status;
    }

    [Theory]
    [InlineData(RelayStatus.Queued, "250 2.0.0 *")]
    [InlineData(RelayStatus.AlreadyQueued, "250 2.0.0 *")]
    [InlineData(RelayStatus.QueueFull, "451 4.3.0 *")]
    [InlineData(RelayStatus.RateLimited, "451 4.3.0 *")]
    [InlineData(RelayStatus.NotConfigured, "451 4.3.0 *")]
    [InlineData(RelayStatus.TooLarge, "552 5.3.4 *")]
    [InlineData(RelayStatus.Invalid, "550 5.1.1 *")]
    [InlineData(RelayStatus.Loop, "554 5.4.6 *")]
    public async Task Each_recipient_has_its_reply_in_its_place(RelayStatus status, string reply)
    {
        _status = status;
        await using var lmtp = await LmtpFixture.StartAsync(returns: new BounceReturn(this, _rewriting));
        using var client = await lmtp.ReadyAsync();
        var address = _rewriting.Encode("from@example.net");
        for (var i = 0; i < 2; i++)
        {
            await client.PlayAsync($"""
                C: MAIL FROM:<>
                S: 250 *
                C: RCPT TO:<ada@example.org>
                S: 250 *
                C: RCPT TO:<{address}>
                S: 250 *
                C: RCPT TO:<bob@example.org>
                S: 250 *
                C: DATA
                S: 354 *
                C: Subject: hi
                C:
                C: x
                C: .
                S: 250 2.0.0 <ada@example.org> saved, id *
                S: {reply}
                S: 250 2.0.0 <bob@example.org> saved, id *
                """);
        }

        lmtp.Store.Arrivals.Count.ShouldBe(4);
        _operations.Count.ShouldBe(2);
        _operations[0].ShouldBe(_operations[1]);
    }

    [Fact]
    public async Task Nobody_sends_anything_but_bounces_through_such_an_address()
    {
        await using var lmtp = await LmtpFixture.StartAsync(returns: new BounceReturn(this, _rewriting));
        using var client = await lmtp.ReadyAsync();
        var address = _rewriting.Encode("from@example.net");
        await client.PlayAsync($"""
            C: MAIL FROM:<spam@example.com>
            S: 250 *
            C: RCPT TO:<{address}>
            S: 550 5.7.1 *
            C: RCPT TO:<{address.Replace("SRS0=", "SRS0=A", StringComparison.Ordinal)}>
            S: 550 5.1.1 *
            C: DATA
            S: 503 *
            """);
        _operations.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_bounce_for_a_sender_alone_is_answered_too()
    {
        await using var lmtp = await LmtpFixture.StartAsync(returns: new BounceReturn(this, _rewriting));
        using var client = await lmtp.ReadyAsync();
        await client.PlayAsync($"""
            C: MAIL FROM:<>
            S: 250 *
            C: RCPT TO:<{_rewriting.Encode("from@example.net")}>
            S: 250 *
            C: BDAT 18 LAST
            C: Subject: hi
            C:
            C: x
            S: 250 2.0.0 *
            C: NOOP
            S: 250 *
            """);
        lmtp.Store.Arrivals.ShouldBeEmpty();
        lmtp.Store.OpenIntakes.ShouldBe(0);
    }
}
