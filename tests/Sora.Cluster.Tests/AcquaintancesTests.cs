using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization.Configuration;
using Orleans.Serialization.Invocation;
using Sora.Contracts;
using Sora.Grains.Hosting;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>A mailstore is called before it is needed.</summary>
public sealed class AcquaintancesTests
{
    [Fact]
    public async Task Each_mailstore_is_called_once_in_every_way_and_nothing_is_written()
    {
        await using var cluster = await TestCluster.StartAsync(3);
        using var calls = new ServedCounter(cluster);
        var members = cluster.Silos.Select(static silo => silo.SiloAddress).Select(static address => new MailstoreMember(
            "", address.Endpoint.Address.ToString(), address.Endpoint.Port, 0, address.Generation, "active", default, default)).ToArray();

        await cluster.Left.Cluster.GreetAsync([members[0], members[1] with { Status = "joining" }]);
        (await cluster.CountMailboxesAsync()).ShouldBe([1, 0, 0]);
        await cluster.Left.Cluster.GreetAsync(members);
        (await cluster.CountMailboxesAsync()).ShouldBe([1, 1, 1], "the first one is known");
        await cluster.Right.Cluster.GreetAsync(members);
        (await cluster.CountMailboxesAsync()).ShouldBe([2, 2, 2], "each gateway has its own way");

        string[] missing = [.. Methods(typeof(IMailboxGrain)).Concat(Methods(typeof(IMailstoreService))).Distinct().Where(call => calls.Of(call) == 0)];
        missing.ShouldBe([nameof(IMailboxGrain.ObserveAsync)], "which only a build before calls");
        await using var database = PostgresFixture.Open(cluster.Address);
        foreach (var table in new[] { "mailbox_log", "messages", "contents", "staged_bodies", "arriving_bodies", "email_ids" })
        {
            await using var count = database.Write.CreateCommand($"SELECT count(*) FROM {table}");
            (await count.ExecuteScalarAsync()).ShouldBe(0L, table);
        }
    }

    [Fact]
    public async Task A_mailstore_that_cannot_be_reached_holds_nothing_up()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        await cluster.Left.Cluster.GreetAsync([new MailstoreMember("", "127.0.0.1", 1, 0, 1, "active", default, default)]);
        (await cluster.CountMailboxesAsync()).ShouldBe([1], "it goes to another one instead");
    }

    [Fact]
    public async Task What_travels_is_known_before_it_does()
    {
        await using var cluster = await TestCluster.StartAsync(1);
        var types = Acquaintances.TravellingTypes(cluster.Silos[0].ServiceProvider.GetRequiredService<IOptions<TypeManifestOptions>>().Value).ToArray();
        types.ShouldContain(typeof(StoreRequest));
        types.ShouldContain(typeof(PlacedAppend));
        types.ShouldContain(typeof(Response<PlacedAppend[]>));
        types.ShouldContain(typeof(Response<MailResult<CopyResult>>));
        types.Count(static type => type.Name.StartsWith("Invokable_IMailbox", StringComparison.Ordinal)).ShouldBeGreaterThan(10);
    }

    private static IEnumerable<string> Methods(Type type) => type.GetInterfaces().Append(type)
        .Where(static type => type.Namespace?.StartsWith("Sora.", StringComparison.Ordinal) == true).SelectMany(static type => type.GetMethods()).Select(static method => method.Name);
}
