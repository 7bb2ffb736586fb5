using System.Reflection;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies;

/// <summary>What every object store promises; a test class runs each of these against its store.</summary>
public abstract class ObjectStorePromises : IAsyncLifetime, IDisposable
{
    private readonly TempFolder _folder = new();

    /// <summary>The names of all promises.</summary>
    public static TheoryData<string> Promises => [.. typeof(ObjectStorePromises).GetMethods(BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Public)
        .Where(static method => method.ReturnType == typeof(Task) && method.Name.Contains('_', StringComparison.Ordinal)).Select(static method => method.Name)];

    internal IObjectStore Store { get; private set; } = null!;

    protected TempFolder Folder => _folder;

    public virtual async Task InitializeAsync() => Store = await OpenAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected Task KeepAsync(string promise) => (Task)typeof(ObjectStorePromises).GetMethod(promise)!.Invoke(this, null)!;

    internal abstract Task<IObjectStore> OpenAsync();

    protected virtual void Dispose(bool disposing) => _folder.Dispose();

    /// <summary>Stores other bytes than what belongs there.</summary>
    internal abstract Task DamageAsync(ObjectKey key, byte[] bytes);

    public async Task Puts_are_whole_and_may_be_repeated()
    {
        foreach (var (count, fromFiles) in new[] { (1, false), (50, false), (1, true), (50, true) })
        {
            var puts = Enumerable.Range(0, count).Select(i => PutOf(TestBodies.Message(1000 + i), account: 10 + (i % 3), fromFiles)).ToArray();
            (await Store.PutAsync(puts, default)).ShouldAllBe(outcome => outcome == null);
            (await Store.PutAsync(puts, default)).ShouldAllBe(outcome => outcome == null);
            foreach (var put in puts)
            {
                (await ReadAsync(put.Key)).ShouldBe(TestBodies.Message((int)put.Size));
                (await Store.FindAsync(put.Key, default))!.Value.Size.ShouldBe(put.Size);
            }
        }

        (await ListAsync("")).Count.ShouldBe(50);
        (await ListAsync("10/")).Count.ShouldBe(17);
        (await ListAsync("99/")).ShouldBeEmpty();
    }

    public async Task An_object_says_when_it_was_put()
    {
        var put = PutOf(TestBodies.Message(1000), 1);
        await Store.PutAsync([put], default);
        var found = (await Store.FindAsync(put.Key, default))!.Value;
        found.Key.ShouldBe(put.Key);
        found.Written.ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
        (await ListAsync("")).Single().Written.ShouldBe(found.Written, TimeSpan.FromSeconds(1));
    }

    public async Task Bytes_that_are_not_those_of_the_key_are_refused_and_the_others_put()
    {
        foreach (var fromFile in new[] { false, true })
        {
            var good = PutOf(TestBodies.Message(1000, 1), 1, fromFile);
            var wrong = PutOf(TestBodies.Message(1000, 2), 1, fromFile) with { Key = PutOf(TestBodies.Message(1000, 3), 1).Key };
            var cut = PutOf(TestBodies.Message(1000, 4), 1, fromFile) with { Size = 2000 };
            var longer = PutOf(TestBodies.Message(1000, 5), 1, fromFile) with { Size = 500 };
            var outcomes = await Store.PutAsync([wrong, good, cut, longer], default);
            outcomes[0].ShouldBeOfType<BodyDamagedException>();
            outcomes[1].ShouldBeNull();
            outcomes[2].ShouldBeOfType<BodyDamagedException>();
            outcomes[3].ShouldBeOfType<BodyDamagedException>();
            (await ListAsync("")).Single().Key.ShouldBe(good.Key);
        }
    }

    public async Task A_missing_file_fails_alone()
    {
        var good = PutOf(TestBodies.Message(1000, 1), 1);
        var gone = good with { Bytes = null, File = _folder.File("gone"), Key = PutOf([1, 2], 1).Key };
        var outcomes = await Store.PutAsync([gone, good], default);
        outcomes[0].ShouldBeOfType<FileNotFoundException>();
        outcomes[1].ShouldBeNull();
    }

    public async Task A_damaged_object_is_replaced()
    {
        foreach (var size in new[] { 0, 500, 1000 })
        {
            var put = PutOf(TestBodies.Message(1000, size), 1);
            await DamageAsync(put.Key, new byte[size]);
            (await Store.PutAsync([put], default))[0].ShouldBeNull();
            (await ReadAsync(put.Key)).ShouldBe(TestBodies.Message(1000, size));
        }
    }

    public async Task Ranges_are_read()
    {
        var bytes = TestBodies.Message(1000);
        var put = PutOf(bytes, 1);
        await Store.PutAsync([put], default);
        foreach (var (offset, count) in new (int, int?)[] { (0, null), (10, 20), (990, 100), (1000, 5), (999, null), (1000, null), (5, 0), (0, 1000), (0, 5000) })
            (await ReadAsync(put.Key, offset, count)).ShouldBe(bytes[offset..Math.Min(1000, offset + (count ?? 1000))]);
    }

    public async Task An_empty_object_is_an_object()
    {
        var put = PutOf([], 1);
        (await Store.PutAsync([put], default)).ShouldBe([null]);
        (await ReadAsync(put.Key)).ShouldBeEmpty();
        (await ReadAsync(put.Key, 0, 10)).ShouldBeEmpty();
        (await Store.FindAsync(put.Key, default))!.Value.Size.ShouldBe(0);
    }

    public async Task What_is_missing_is_null()
    {
        var key = new ObjectKey(new AccountId(5), default);
        (await Store.FindAsync(key, default)).ShouldBeNull();
        (await Store.OpenAsync(key, 0, null, default)).ShouldBeNull();
        (await Store.OpenAsync(key, 10, 10, default)).ShouldBeNull();
        (await Store.OpenAsync(key, 0, 0, default)).ShouldBeNull();
        (await Store.CopyAsync(key, key with { Account = new AccountId(6) }, default)).ShouldBeFalse();
    }

    public async Task What_was_deleted_is_missing()
    {
        var put = PutOf(TestBodies.Message(1000), 1);
        await Store.PutAsync([put], default);
        await Store.DeleteAsync([put.Key, new ObjectKey(new AccountId(5), default)], default);
        (await Store.FindAsync(put.Key, default)).ShouldBeNull();
        (await Store.OpenAsync(put.Key, 0, null, default)).ShouldBeNull();
        await Store.DeleteAsync([put.Key], default);
        await Store.DeleteAsync([], default);
    }

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
        (await Store.PutAsync(puts, default)).ShouldAllBe(outcome => outcome == null);
        var names = puts.Select(static put => put.Key.ToString()).Order(StringComparer.Ordinal).ToArray();
        (await ListAsync("")).Select(static info => info.Key.ToString()).ShouldBe(names);
        for (var i = 0; i < names.Length; i++)
        {
            ObjectKey.TryParse(names[i], out var key).ShouldBeTrue();
            key.ToString().ShouldBe(names[i]);
            (await ListAsync("", after: names[i])).Select(static info => info.Key.ToString()).ShouldBe(names[(i + 1)..]);
        }

        (await ListAsync("1/")).Select(static info => info.Key.ToString()).ShouldBe(names.Where(static name => name.StartsWith("1/", StringComparison.Ordinal)));
    }

    public async Task What_is_encoded_is_stored_as_its_stream_says()
    {
        var put = PutOf(TestBodies.Message(1000), 1) with { Encode = static () => new MemoryStream([1, 2, 3]) };
        (await Store.PutAsync([put], default)).ShouldBe([null]);
        (await Store.PutAsync([put with { Encode = static () => new MemoryStream([4, 5]) }], default)).ShouldBe([null]);
        (await ReadAsync(put.Key)).ShouldBe([4, 5]);
        (await Store.PutAsync([put with { Encode = static () => throw new BodyDamagedException("not the plain bytes") }], default)).Single().ShouldBeOfType<BodyDamagedException>();
        (await ReadAsync(put.Key)).ShouldBe([4, 5]);
    }

    public async Task Copies_have_their_own_name()
    {
        var put = PutOf(TestBodies.Message(1000), 1);
        await Store.PutAsync([put], default);
        var copy = put.Key with { Account = new AccountId(2) };
        (await Store.CopyAsync(put.Key, copy, default)).ShouldBeTrue();
        await Store.DeleteAsync([put.Key], default);
        (await ReadAsync(copy)).ShouldBe(TestBodies.Message(1000));
        (await Store.CopyAsync(put.Key, copy, default)).ShouldBeFalse();
    }

    public async Task Who_gives_up_is_told_so()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        var put = PutOf(TestBodies.Message(1000), 1);
        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.PutAsync([put], given.Token));
        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.DeleteAsync([put.Key], given.Token));
        await Should.ThrowAsync<OperationCanceledException>(async () => await Store.CopyAsync(put.Key, put.Key with { Account = new AccountId(2) }, given.Token));
        (await ListAsync("")).ShouldBeEmpty();
    }

    internal ObjectPut PutOf(byte[] bytes, int account, bool fromFile = false)
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

    internal async Task<byte[]> ReadAsync(ObjectKey key, long offset = 0, long? count = null)
    {
        await using var stream = (await Store.OpenAsync(key, offset, count, default)).ShouldNotBeNull();
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        return copy.ToArray();
    }

    internal async Task<List<ObjectInfo>> ListAsync(string prefix, string? after = null)
    {
        var found = new List<ObjectInfo>();
        await foreach (var item in Store.ListAsync(prefix, after, default))
            found.Add(item);
        return found;
    }
}
