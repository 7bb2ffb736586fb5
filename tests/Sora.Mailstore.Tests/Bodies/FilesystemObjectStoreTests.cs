using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

public sealed class FilesystemObjectStoreTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FilesystemObjectStore _store;

    public FilesystemObjectStoreTests()
    {
        _store = new FilesystemObjectStore(_folder.File("bodies"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(50, false)]
    [InlineData(1, true)]
    [InlineData(50, true)]
    public async Task Puts_are_whole_and_may_be_repeated(int count, bool fromFiles)
    {
        var puts = Enumerable.Range(0, count).Select(i => PutOf(TestBodies.Message(1000 + i), account: i % 3, fromFiles)).ToArray();
        (await _store.PutAsync(puts, default)).ShouldAllBe(outcome => outcome == null);
        (await _store.PutAsync(puts, default)).ShouldAllBe(outcome => outcome == null);
        foreach (var put in puts)
        {
            (await File.ReadAllBytesAsync(_store.PathOf(put.Key))).ShouldBe(TestBodies.Message((int)put.Size));
            (await _store.FindAsync(put.Key, default))!.Value.Size.ShouldBe(put.Size);
        }

        (await ListAsync(null)).Count.ShouldBe(count);
        (await ListAsync(new AccountId(0))).Count.ShouldBe((count + 2) / 3);
        (await ListAsync(new AccountId(99))).ShouldBeEmpty();
        Temporary().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_key_is_the_layout()
    {
        var put = PutOf(TestBodies.Message(10), account: 17);
        await _store.PutAsync([put], default);
        var hash = put.Key.Hash.ToString();
        File.Exists(Path.Combine(_folder.File("bodies"), "17", hash[..2], hash)).ShouldBeTrue();
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

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Bytes_that_are_not_those_of_the_key_are_refused_and_the_others_put(bool fromFiles)
    {
        var good = PutOf(TestBodies.Message(1000, 1), 1, fromFiles);
        var wrong = PutOf(TestBodies.Message(1000, 2), 1, fromFiles) with { Key = PutOf(TestBodies.Message(1000, 3), 1).Key };
        var cut = PutOf(TestBodies.Message(1000, 4), 1, fromFiles) with { Size = 2000 };
        var outcomes = await _store.PutAsync([wrong, good, cut], default);
        outcomes[0].ShouldBeOfType<BodyDamagedException>();
        outcomes[1].ShouldBeNull();
        outcomes[2].ShouldBeOfType<BodyDamagedException>();
        (await ListAsync(null)).Single().Key.ShouldBe(good.Key);
        Temporary().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_missing_file_fails_alone()
    {
        var good = PutOf(TestBodies.Message(1000, 1), 1);
        var gone = good with { Bytes = null, File = _folder.File("gone"), Key = PutOf([1, 2], 1).Key };
        var outcomes = await _store.PutAsync([gone, good], default);
        outcomes[0].ShouldBeOfType<FileNotFoundException>();
        outcomes[1].ShouldBeNull();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(1000)]
    public async Task A_half_object_is_replaced(int size)
    {
        var put = PutOf(TestBodies.Message(1000), 1);
        Directory.CreateDirectory(Path.GetDirectoryName(_store.PathOf(put.Key))!);
        await File.WriteAllBytesAsync(_store.PathOf(put.Key), new byte[size]);
        (await _store.PutAsync([put], default))[0].ShouldBeNull();
        (await File.ReadAllBytesAsync(_store.PathOf(put.Key))).ShouldBe(TestBodies.Message(1000));
    }

    [Fact]
    public async Task Ranges_are_read()
    {
        var bytes = TestBodies.Message(1000);
        var put = PutOf(bytes, 1);
        await _store.PutAsync([put], default);
        foreach (var (offset, count) in new (int, int?)[] { (0, null), (10, 20), (990, 100), (1000, 5), (999, null) })
        {
            await using var stream = (await _store.OpenAsync(put.Key, offset, count, default))!;
            using var copy = new MemoryStream();
            await stream.CopyToAsync(copy);
            copy.ToArray().ShouldBe(bytes[offset..Math.Min(1000, offset + (count ?? 1000))]);
        }
    }

    [Fact]
    public async Task What_was_deleted_is_missing()
    {
        var put = PutOf(TestBodies.Message(1000), 1);
        await _store.PutAsync([put], default);
        await _store.DeleteAsync([put.Key, new ObjectKey(new AccountId(5), default)], default);
        (await _store.FindAsync(put.Key, default)).ShouldBeNull();
        (await _store.OpenAsync(put.Key, 0, null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Objects_of_all_kinds_are_listed_in_the_order_of_their_names()
    {
        var puts = new List<ObjectPut>();
        for (var i = 0; i < 60; i++)
        {
            var put = PutOf(TestBodies.Message(100 + i), account: i % 12);
            puts.Add(put with { Key = put.Key with { Kind = (ObjectKind)(i % 2) } });
        }

        var staged = PutOf(TestBodies.Message(500), 0);
        puts.Add(staged with { Key = ObjectKey.Staged(staged.Key.Hash) });
        (await _store.PutAsync(puts, default)).ShouldAllBe(outcome => outcome == null);
        var names = puts.Select(static put => put.Key.ToString()).Order(StringComparer.Ordinal).ToArray();
        (await ListAsync(null)).Select(static info => info.Key.ToString()).ShouldBe(names);
        for (var i = 0; i < names.Length; i++)
        {
            ObjectKey.TryParse(names[i], out var key).ShouldBeTrue();
            key.ToString().ShouldBe(names[i]);
            (await ListAsync(null, after: names[i])).Select(static info => info.Key.ToString()).ShouldBe(names[(i + 1)..]);
        }

        (await ListAsync(new AccountId(1))).Select(static info => info.Key.ToString()).ShouldBe(names.Where(static name => name.StartsWith("1/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_is_encoded_is_stored_as_its_stream_says()
    {
        var put = PutOf(TestBodies.Message(1000), 1) with { Encode = static () => new MemoryStream([1, 2, 3]) };
        (await _store.PutAsync([put], default)).ShouldBe([null]);
        (await _store.PutAsync([put with { Encode = static () => new MemoryStream([4, 5]) }], default)).ShouldBe([null]);
        (await File.ReadAllBytesAsync(_store.PathOf(put.Key))).ShouldBe([4, 5]);
    }

    [Fact]
    public async Task Copies_have_their_own_name()
    {
        var put = PutOf(TestBodies.Message(1000), 1);
        await _store.PutAsync([put], default);
        var copy = put.Key with { Account = new AccountId(2) };
        (await _store.CopyAsync(put.Key, copy, default)).ShouldBeTrue();
        await _store.DeleteAsync([put.Key], default);
        (await File.ReadAllBytesAsync(_store.PathOf(copy))).ShouldBe(TestBodies.Message(1000));
        (await _store.CopyAsync(put.Key, copy, default)).ShouldBeFalse();
        Temporary().ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_crash_left_behind_goes_by_age()
    {
        var left = Path.Combine(_folder.File("bodies"), ".tmp", "left");
        await File.WriteAllTextAsync(left, "half");
        _store.DeleteAbandoned(DateTime.UtcNow.AddHours(-1));
        File.Exists(left).ShouldBeTrue();
        (await ListAsync(null)).ShouldBeEmpty();
        _store.DeleteAbandoned(DateTime.UtcNow.AddHours(1));
        File.Exists(left).ShouldBeFalse();
    }

    private ObjectPut PutOf(byte[] bytes, int account, bool fromFile = false)
    {
        var hash = new byte[32];
        Blake3Hasher.Hash(bytes, hash);
        var put = new ObjectPut(new ObjectKey(new AccountId(account), ContentHash.From(hash)), bytes.Length);
        if (!fromFile)
            return put with { Bytes = bytes };
        var file = _folder.File(Path.GetRandomFileName());
        File.WriteAllBytes(file, bytes);
        return put with { File = file };
    }

    private string[] Temporary() => Directory.GetFiles(Path.Combine(_folder.File("bodies"), ".tmp"));

    private async Task<List<ObjectInfo>> ListAsync(AccountId? account, string? after = null)
    {
        var found = new List<ObjectInfo>();
        await foreach (var item in _store.ListAsync(account is { } only ? ObjectKey.PrefixOf(only) : "", after, default))
            found.Add(item);
        return found;
    }
}
