using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class StagedObjectTests
{
    [Theory]
    [InlineData(StagingMode.Auto, 100_000)]
    [InlineData(StagingMode.Object, 100)]
    [InlineData(StagingMode.Object, 3_000_000)]
    public async Task A_body_is_in_the_store_before_its_message_is_taken(StagingMode mode, int size)
    {
        await using var bodies = await CreateAsync(mode);
        var bytes = TestBodies.Message(size);
        ContentId[] ids;
        await using (var message = await bodies.TakeAsync(bytes, chunk: 60_000))
        {
            message.Body.ShouldBeNull();
            message.Path.ShouldBeNull();
            var start = new byte[50];
            (await message.ReadAsync(0, start, default)).ShouldBe(50);
            start.ShouldBe(bytes[..50]);
            ids = await bodies.CommitAsync(message, [], 1, 2);
        }

        bodies.StagedFiles.ShouldBeEmpty("any node has it: this one keeps nothing");
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        (await bodies.ReadAsync(ids[0], other)).ShouldBe(bytes);
        while ((await other.Uploader.MoveAsync(default)).Taken > 0)
        {
        }

        (await bodies.CountStagedAsync()).ShouldBe(0);
        foreach (var id in ids)
            (await bodies.ReadAsync(id)).ShouldBe(bytes);
        (await bodies.ScalarAsync("SELECT string_agg(account_id || ':' || state || ':' || (dead_since IS NULL), ' ' ORDER BY account_id) FROM bodies"))
            .ShouldBe("0:1:false 1:1:true 2:1:true");
    }

    [Fact]
    public async Task A_store_that_is_down_or_slow_costs_time_and_no_mail()
    {
        RemoteStore? store = null;
        await using var bodies = await CreateAsync(StagingMode.Auto, folder => store ??= new RemoteStore(folder), TimeSpan.FromSeconds(1));
        store!.IsDown = true;
        var first = await bodies.DeliverAsync(TestBodies.Message(100_000, 1));
        store.IsDown = false;
        var stuck = new TaskCompletionSource();
        store.PutGate = () => stuck.Task.WaitAsync(TimeSpan.FromMinutes(1));
        var delivering = bodies.DeliverAsync(TestBodies.Message(100_000, 2));
        stuck.SetException(new IOException("reset"));
        var second = await delivering;
        (await bodies.ScalarAsync("SELECT count(*) FROM staged_bodies WHERE body IS NOT NULL")).ShouldBe(2L);
        store.PutGate = static () => Task.CompletedTask;
        await bodies.UploadAsync();
        (await bodies.ReadAsync(first)).ShouldBe(TestBodies.Message(100_000, 1));
        (await bodies.ReadAsync(second)).ShouldBe(TestBodies.Message(100_000, 2));
    }

    [Fact]
    public async Task The_same_body_is_put_once_while_its_staged_object_is_there()
    {
        RemoteStore? store = null;
        await using var bodies = await CreateAsync(StagingMode.Auto, folder => store ??= new RemoteStore(folder));
        var bytes = TestBodies.Message(100_000);
        var ids = new List<ContentId>();
        for (var i = 0; i < 3; i++)
            ids.Add(await bodies.DeliverAsync(bytes, (byte)i));
        store!.Puts.ShouldBe(1);
        await bodies.UploadAsync();
        for (var i = 0; i < 3; i++)
            (await bodies.ReadAsync(ids[i])).ShouldBe([(byte)i, .. bytes]);
    }

    private static Task<TestBodies> CreateAsync(StagingMode mode, Func<string, IObjectStore>? objects = null, TimeSpan? timeout = null) => TestBodies.CreateAsync(
        new StorageOptions { Staging = mode, StagingObjectTimeout = timeout ?? TimeSpan.FromSeconds(20) },
        objects ?? (static folder => new RemoteStore(folder)));
}
