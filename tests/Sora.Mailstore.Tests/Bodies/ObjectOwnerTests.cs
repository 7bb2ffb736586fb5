using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Verify;
using Sora.Mailstore.Tests.Bodies.S3;
using Sora.Mailstore.Tests.Bodies.Verify;
using Sora.Testing;
using Sora.Testing.S3;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class ObjectOwnerTests
{
    [Fact]
    public async Task Two_databases_do_not_share_a_folder()
    {
        using var folder = new TempFolder();
        await TestAsync(() => new FilesystemObjectStore(folder.Path));
    }

    [S3Fact]
    public async Task Two_databases_do_not_share_a_bucket()
    {
        await using var s3 = await TestS3.StartAsync();
        await TestAsync(() => s3.Store);
    }

    /// <summary>A comparison with another's objects would take all of them for left over, and all of one's own for missing.</summary>
    [Fact]
    public async Task A_comparison_with_the_objects_of_another_database_is_refused()
    {
        await using var mine = await VerifiedStore.CreateAsync();
        await using var theirs = await VerifiedStore.CreateAsync();
        await mine.DeliverAsync(TestBodies.Message(50_000, 1), 1);
        await theirs.DeliverAsync(TestBodies.Message(50_000, 2), 1);
        await mine.MoveAsync();
        var verification = new Verification(
            mine.Bodies.Database, mine.Bodies.Options, Path.GetDirectoryName(mine.Bodies.BodiesFolder)!, TimeProvider.System, theirs.Objects);
        (await Should.ThrowAsync<VerifyException>(() => verification.RunAsync(new VerifyRequest { Fixes = true }, mine, default))).Message.ShouldContain("another one than this database's");
        await theirs.MoveAsync();
        foreach (var request in new[] { new VerifyRequest(), new VerifyRequest { Fixes = true } })
            (await Should.ThrowAsync<VerifyException>(() => verification.RunAsync(request, mine, default))).Message.ShouldContain("the bodies of another database (owner/");
        (await mine.Bodies.ScalarAsync("SELECT count(*) FROM bodies WHERE damaged_at IS NOT NULL OR dead_since IS NOT NULL")).ShouldBe(0L);
    }

    [Fact]
    public async Task A_store_that_has_lost_its_mark_is_marked_again()
    {
        await using var bodies = await TestBodies.CreateAsync();
        await bodies.DeliverAsync(TestBodies.Message(50_000));
        await bodies.UploadAsync();
        Directory.Delete(Path.Combine(bodies.BodiesFolder, "owner"), recursive: true);
        using var folder = new TempFolder();
        await using (var host = bodies.OpenOther(folder.Path))
            await host.StartAsync();
        (await ListAsync(bodies.Host.RawObjects)).ShouldHaveSingleItem();
    }

    private static async Task TestAsync(Func<IObjectStore> open)
    {
        await using var first = await TestBodies.CreateAsync(objects: _ => open());
        await using var second = await TestBodies.CreateAsync(objects: _ => open());
        var bytes = TestBodies.Message(50_000);
        var mine = await first.DeliverAsync(bytes);
        var theirs = await second.DeliverAsync(bytes);
        await first.UploadAsync();

        // The same account number and the same body: what one deletes the other would miss
        await second.UploadAsync();
        ((string?)await second.ScalarAsync("SELECT last_error FROM staged_bodies"))!.ShouldContain("each needs a bucket, a prefix or a folder of its own");
        await Should.ThrowAsync<ObjectOwnerException>(() => second.Host.StartAsync());
        await Should.ThrowAsync<ObjectOwnerException>(async () => await second.Host.Objects.DeleteAsync([new ObjectKey(new(1), (await second.ContentAsync(theirs)).Hash)], default));
        (await second.ReadAsync(theirs)).ShouldBe(bytes, "it is staged as it was");
        (await first.ReadAsync(mine)).ShouldBe(bytes);
        await first.RestartAsync();
        await first.Host.StartAsync();

        var administration = new OwnerAdministration(second.Database, second.Host.RawObjects);
        var (found, ours) = await administration.ShowAsync(default);
        found.ShouldHaveSingleItem().ShouldNotBe(ours);
        await administration.AdoptAsync(default);
        (await administration.ShowAsync(default)).Found.ShouldBe([ours]);
        await second.ScalarAsync("UPDATE staged_bodies SET not_before = now()");
        await second.UploadAsync();
        (await second.CountStagedAsync()).ShouldBe(0);
        await first.RestartAsync();
        await Should.ThrowAsync<ObjectOwnerException>(() => first.Host.StartAsync());
    }

    private static async Task<List<string>> ListAsync(IObjectStore objects)
    {
        var found = new List<string>();
        await foreach (var item in objects.ListAsync(ObjectKey.OwnerPrefix, null, default))
            found.Add(item.Key.ToString());
        return found;
    }
}
