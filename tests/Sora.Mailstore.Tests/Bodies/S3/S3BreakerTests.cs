using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

public sealed class S3BreakerTests
{
    [S3Fact]
    public async Task Puts_that_only_fail_are_paused_and_come_back_by_themselves()
    {
        await using var s3 = await TestS3.StartAsync(static options =>
        {
            options.Retries = 0;
            options.PutBreaker = new S3BreakerOptions { MinRequests = 3, Pause = TimeSpan.FromMilliseconds(500), Window = TimeSpan.FromMinutes(1) };
        });
        var put = TestS3.PutOf(TestS3.Bytes(1000));
        s3.Store.Trouble.ShouldBeNull();
        s3.Proxy.Add(S3Fault.InternalError, S3Operation.Put);
        for (var i = 0; i < 3; i++)
            (await s3.PutAsync(put)).ShouldBeOfType<S3Exception>().Trouble.ShouldBe(S3Trouble.Outage);

        // Each further one fails without a request, except one when the pause is over
        await Eventually.WaitAsync(async () => await s3.PutAsync(put) is S3Exception { Trouble: S3Trouble.Paused });
        s3.Store.Trouble.ShouldBe("requests are paused: put");
        (await s3.Store.FindAsync(put.Key, default)).ShouldBeNull("gets are another matter");

        s3.Proxy.Clear();
        await Eventually.WaitAsync(async () => await s3.PutAsync(put) is null);
        s3.Store.Trouble.ShouldBeNull();
        (await s3.ReadAsync(put.Key)).ShouldBe(put.Bytes!.Value.ToArray());
    }

    [S3Fact]
    public async Task Paused_requests_do_not_reach_the_server()
    {
        await using var s3 = await TestS3.StartAsync(static options =>
        {
            options.Retries = 0;
            options.DeleteBreaker = new S3BreakerOptions { MinRequests = 2, Pause = TimeSpan.FromHours(1), Window = TimeSpan.FromHours(1) };
        });
        s3.Proxy.Add(S3Fault.Reset, S3Operation.Delete);
        var key = TestS3.PutOf([1]).Key;
        for (var i = 0; i < 2; i++)
            (await Should.ThrowAsync<S3Exception>(() => s3.Store.DeleteAsync([key], default))).Trouble.ShouldBe(S3Trouble.Outage);
        var before = s3.Proxy.Count(S3Operation.Delete);
        for (var i = 0; i < 10; i++)
            (await Should.ThrowAsync<S3Exception>(() => s3.Store.DeleteAsync([key], default))).Trouble.ShouldBe(S3Trouble.Paused);
        s3.Proxy.Count(S3Operation.Delete).ShouldBe(before);
    }

    [S3Fact]
    public async Task Bodies_that_break_off_count_as_failures_of_gets()
    {
        await using var s3 = await TestS3.StartAsync(static options =>
        {
            options.Retries = 0;
            options.GetBreaker = new S3BreakerOptions { MinRequests = 4, FailureRatio = 0.4, Pause = TimeSpan.FromHours(1), Window = TimeSpan.FromHours(1) };
        });
        var put = TestS3.PutOf(TestS3.Bytes(100_000));
        (await s3.PutAsync(put)).ShouldBeNull();
        s3.Proxy.Add(S3Fault.HalfAnswer, S3Operation.Get);
        for (var i = 0; i < 2; i++)
            (await Should.ThrowAsync<S3Exception>(() => s3.ReadAsync(put.Key))).Trouble.ShouldBe(S3Trouble.Outage);
        (await Should.ThrowAsync<S3Exception>(() => s3.ReadAsync(put.Key))).Trouble.ShouldBe(S3Trouble.Paused);
    }

    [S3Fact]
    public async Task Answers_that_say_no_are_no_failures()
    {
        await using var s3 = await TestS3.StartAsync(static options => options.GetBreaker = new S3BreakerOptions { MinRequests = 2, FailureRatio = 0.01 });
        for (var i = 0; i < 10; i++)
            (await s3.Store.FindAsync(TestS3.PutOf([1]).Key, default)).ShouldBeNull();
        s3.Store.Trouble.ShouldBeNull();
        s3.Proxy.Count(S3Operation.Head).ShouldBe(10, "a refusal is not asked for again");
    }
}
