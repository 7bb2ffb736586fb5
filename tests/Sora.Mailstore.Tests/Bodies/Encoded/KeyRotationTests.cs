using Npgsql;
using Sora.Configuration;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Bodies.Encoded;

public sealed class KeyRotationTests
{
    private static readonly int[] Sizes = [1, 5000, 200_000, 1_500_000];

    [Fact]
    public async Task Everything_is_encrypted_with_the_new_key_and_the_old_one_is_not_needed_any_more()
    {
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options(encrypts: false));
        var ids = await DeliverAsync(bodies);
        var keys = new KeyAdministration(bodies.Database);
        await AsRowsAsync(bodies, ids, keyId: null);

        await ActivateAsync(bodies, "k1", "k1");
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeFalse(); // nobody has asked
        await keys.RotateAsync("k1", default);
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.RotationAsync(default)).IsAsked.ShouldBeFalse();
        (await keys.UsesAsync(default)).ShouldBe([new("k1", Sizes.Length, 0, 0)]);

        await ActivateAsync(bodies, "k2", "k1", "k2");
        await keys.RotateAsync("k2", default);
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.UsesAsync(default)).ShouldBe([new("k2", Sizes.Length, 0, 0)]);
        await ActivateAsync(bodies, "k2", "k2");
        Directory.Delete(bodies.CacheFolder, recursive: true);
        await bodies.RestartAsync();
        for (var i = 0; i < ids.Count; i++)
        {
            (await bodies.ReadAsync(ids[i])).AsSpan().SequenceEqual(CodecSetup.Text(Sizes[i])).ShouldBeTrue();
            BodyCodec.KeyIdOf(await File.ReadAllBytesAsync(bodies.ObjectPath(await bodies.ContentAsync(ids[i])))).ShouldBe("k2");
        }

        // And back to none
        await ActivateAsync(bodies, null, "k2");
        await keys.RotateAsync(null, default);
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.UsesAsync(default)).ShouldBe([new(null, Sizes.Length, 0, 0)]);
        (await File.ReadAllBytesAsync(bodies.ObjectPath(await bodies.ContentAsync(ids[1])))).ShouldBe(CodecSetup.Text(Sizes[1]));
    }

    [Fact]
    public async Task A_node_with_another_active_key_takes_no_part()
    {
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options());
        await AsRowsAsync(bodies, await DeliverAsync(bodies), "k1");
        var keys = new KeyAdministration(bodies.Database);
        await keys.RotateAsync("k2", default);
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeFalse();
        (await keys.UsesAsync(default)).ShouldBe([new("k1", Sizes.Length, 0, 0)]);
        (await keys.StopAsync(default)).ShouldBeTrue();
        (await keys.StopAsync(default)).ShouldBeFalse();
    }

    [Fact]
    public async Task What_fails_stays_as_it_was_and_is_done_the_next_time()
    {
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options(encrypts: false));
        var ids = await DeliverAsync(bodies);
        await AsRowsAsync(bodies, ids, keyId: null);
        var keys = new KeyAdministration(bodies.Database);
        await keys.RotateAsync("k1", default);
        await ActivateAsync(bodies, "k1", "k1");

        // A crash between put and update: the object has the new key, the row the old one
        var first = await bodies.ContentAsync(ids[1]);
        (await bodies.Host.Objects.PutAsync([new ObjectPut(new ObjectKey(first.Account, first.Hash), first.BodySize) { Bytes = CodecSetup.Text(Sizes[1]) }], default))[0].ShouldBeNull();

        // Another has a row: it is left to it
        await using (var connection = await bodies.Database.Write.OpenConnectionAsync())
        await using (var transaction = await connection.BeginTransactionAsync())
        {
            await using (var command = new NpgsqlCommand("SELECT 1 FROM bodies WHERE hash = $1 FOR UPDATE", connection))
            {
                command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = (await bodies.ContentAsync(ids[2])).Hash.ToArray() });
                await command.ExecuteScalarAsync();
            }

            (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        }

        (await keys.RotationAsync(default)).IsAsked.ShouldBeTrue();
        (await keys.UsesAsync(default)).ShouldBe([new(null, 1, 0, 0), new("k1", Sizes.Length - 1, 0, 0)]);
        await bodies.RestartAsync();
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.RotationAsync(default)).IsAsked.ShouldBeFalse();
        for (var i = 0; i < ids.Count; i++)
            (await bodies.ReadAsync(ids[i])).AsSpan().SequenceEqual(CodecSetup.Text(Sizes[i])).ShouldBeTrue();
    }

    [Fact]
    public async Task A_damaged_body_is_marked_and_never_replaced()
    {
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options(encrypts: false));
        var ids = await DeliverAsync(bodies);
        await AsRowsAsync(bodies, ids, keyId: null);
        var path = bodies.ObjectPath(await bodies.ContentAsync(ids[1]));
        await File.WriteAllTextAsync(path, "something else");
        File.Delete(bodies.ObjectPath(await bodies.ContentAsync(ids[2])));
        var keys = new KeyAdministration(bodies.Database);
        await keys.RotateAsync("k1", default);
        await ActivateAsync(bodies, "k1", "k1");
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.UsesAsync(default)).ShouldBe([new(null, 2, 0, 2), new("k1", 2, 0, 0)]);
        (await File.ReadAllTextAsync(path)).ShouldBe("something else");
    }

    [Fact]
    public async Task Nodes_share_the_work_and_a_running_node_finds_it_by_itself()
    {
        var options = CodecSetup.Options();
        options.Encryption.RotationInterval = TimeSpan.FromSeconds(1);
        await using var bodies = await TestBodies.CreateAsync(CodecSetup.Options(encrypts: false));
        var ids = await DeliverAsync(bodies);
        await AsRowsAsync(bodies, ids, keyId: null);
        bodies.Options.Encryption = options.Encryption;
        await bodies.RestartAsync();
        using var folder = new TempFolder();
        await using var other = bodies.OpenOther(folder.Path);
        var keys = new KeyAdministration(bodies.Database);
        await keys.RotateAsync("k1", default);
        await bodies.Host.StartAsync();
        await other.StartAsync();
        await Eventually.WaitAsync(async () => !(await keys.RotationAsync(default)).IsAsked);
        (await keys.UsesAsync(default)).ShouldBe([new("k1", Sizes.Length, 0, 0)]);
    }

    [Fact]
    public async Task Packs_are_written_anew_too()
    {
        var options = CodecSetup.Options();
        (options.Packing, options.PackWait, options.PackMaxBody) = (true, TimeSpan.Zero, ByteSize.KiB(64));
        await using var bodies = await TestBodies.CreateAsync(options);
        await ActivateAsync(bodies, "k1", "k1");
        var ids = new List<ContentId>();
        for (var i = 0; i < 12; i++)
            ids.Add(await bodies.DeliverAsync(CodecSetup.Text(3000 + i)));
        while ((await bodies.Host.Uploader.PackAsync(default)).Taken > 0)
        {
        }

        var keys = new KeyAdministration(bodies.Database);
        (await keys.UsesAsync(default)).ShouldBe([new("k1", 0, 1, 0)]);
        await ActivateAsync(bodies, "k2", "k1", "k2");
        await keys.RotateAsync("k2", default);

        // One that cannot be put is tried again
        bodies.Host.Rotation.RewritePack = static (_, _) => Task.FromResult(false);
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.RotationAsync(default)).IsAsked.ShouldBeTrue();
        await bodies.RestartAsync();
        (await bodies.Host.Rotation.RotateAsync(default)).ShouldBeTrue();
        (await keys.RotationAsync(default)).IsAsked.ShouldBeFalse();
        (await keys.UsesAsync(default)).ShouldBe([new("k2", 0, 1, 0)]);
        await ActivateAsync(bodies, "k2", "k2");
        for (var i = 0; i < ids.Count; i++)
            (await bodies.ReadAsync(ids[i])).ShouldBe(CodecSetup.Text(3000 + i));
    }

    private static async Task<List<ContentId>> DeliverAsync(TestBodies bodies)
    {
        var ids = new List<ContentId>();
        foreach (var size in Sizes)
            ids.Add(await bodies.DeliverAsync(CodecSetup.Text(size)));
        await bodies.UploadAsync();
        return ids;
    }

    private static async Task AsRowsAsync(TestBodies bodies, List<ContentId> ids, string? keyId)
    {
        foreach (var id in ids)
        {
            var content = await bodies.ContentAsync(id);
            await using var command = bodies.Database.Write.CreateCommand(
                "INSERT INTO bodies (account_id, hash, state, key_id) VALUES ($1, $2, 1, $3) ON CONFLICT (account_id, hash) DO UPDATE SET state = 1, key_id = excluded.key_id");
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = content.Account.Value });
            command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = content.Hash.ToArray() });
            command.Parameters.Add(new NpgsqlParameter { Value = (object?)keyId ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
            await command.ExecuteNonQueryAsync();
        }
    }

    private static async Task ActivateAsync(TestBodies bodies, string? active, params string[] known)
    {
        bodies.Options.Encryption = new EncryptionOptions
        {
            ActiveKey = active,
            Keys = [.. known.Select(id => new EncryptionKeyOptions { Id = id, Secret = Convert.ToBase64String(CodecSetup.Count(100 + id[1], 32)) })],
        };
        await bodies.RestartAsync();
    }
}
