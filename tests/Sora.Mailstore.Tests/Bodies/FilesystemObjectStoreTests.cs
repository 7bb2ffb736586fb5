using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class FilesystemObjectStoreTests : ObjectStorePromises
{
    private string Root => Folder.File("bodies");

    [Theory]
    [MemberData(nameof(Promises))]
    public async Task Keeps(string promise)
    {
        await KeepAsync(promise);
        Temporary().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_key_is_the_layout()
    {
        var put = PutOf(TestBodies.Message(10), account: 17);
        await Store.PutAsync([put], default);
        var hash = put.Key.Hash.ToString();
        File.Exists(Path.Combine(Root, "17", hash[..2], hash)).ShouldBeTrue();
        put.Key.ToString().ShouldBe($"17/{hash}");
        ObjectKey.TryParse(put.Key.ToString(), out var parsed).ShouldBeTrue();
        parsed.ShouldBe(put.Key);
    }

    [Theory]
    [InlineData("")]
    [InlineData("17/")]
    [InlineData("17/abc")]
    [InlineData("/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("x/0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("1/000000000000000000000000000000000000000000000000000000000000000g")]
    public void What_is_no_key_is_not_read_as_one(string text) => ObjectKey.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public async Task What_a_crash_left_behind_goes_by_age()
    {
        var left = Path.Combine(Root, ".tmp", "left");
        await File.WriteAllTextAsync(left, "half");
        await Store.DeleteAbandonedAsync(DateTimeOffset.UtcNow.AddHours(-1), default);
        File.Exists(left).ShouldBeTrue();
        (await ListAsync("")).ShouldBeEmpty();
        await Store.DeleteAbandonedAsync(DateTimeOffset.UtcNow.AddHours(1), default);
        File.Exists(left).ShouldBeFalse();
    }

    internal override Task<IObjectStore> OpenAsync() => Task.FromResult<IObjectStore>(new FilesystemObjectStore(Root));

    internal override async Task DamageAsync(ObjectKey key, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Store.PathOf(key))!);
        await File.WriteAllBytesAsync(Store.PathOf(key)!, bytes);
    }

    private string[] Temporary() => Directory.GetFiles(Path.Combine(Root, ".tmp"));
}
