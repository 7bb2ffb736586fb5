using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies.S3;

public sealed class RadosGatewayTests
{
    [S3Fact]
    public async Task Buckets_are_new_and_keep_what_they_are_given()
    {
        var (one, other) = (await S3Fixture.CreateBucketAsync(), await S3Fixture.CreateBucketAsync());
        await one.WriteAsync("a/b", [1, 2, 3]);
        (await one.ReadAsync("a/b")).ShouldBe([1, 2, 3]);
        (await one.KeysAsync()).ShouldBe(["a/b"]);
        (await other.KeysAsync()).ShouldBeEmpty();
    }

    [S3Fact]
    public async Task What_is_on_disk_survives_kill_9()
    {
        await using var server = await RadosGateway.StartAsync(RadosStore.Bluestore);
        var bucket = await S3Fixture.CreateBucketAsync(server);
        await bucket.WriteAsync("kept", [1, 2, 3]);
        var processes = server.ProcessIds;
        processes.Count.ShouldBe(3);
        await server.KillAsync();
        processes.ShouldAllBe(static id => !Signals.IsAlive(id));
        await server.StartAgainAsync();
        (await bucket.ReadAsync("kept")).ShouldBe([1, 2, 3]);
    }
}
