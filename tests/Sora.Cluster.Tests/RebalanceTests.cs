using Sora.Contracts;
using Sora.Testing;

namespace Sora.Cluster.Tests;

/// <summary>Mailboxes that are in use move to a silo that has none.</summary>
public sealed class RebalanceTests
{
    private const int Mailboxes = 60;

    [Fact]
    public async Task A_silo_that_joins_gets_mailboxes_whose_clients_notice_nothing()
    {
        await using var cluster = await TestCluster.StartAsync(1, static options => options.RebalanceInterval = TimeSpan.FromSeconds(5));
        var inboxes = new List<MailboxId>();
        for (var i = 0; i < Mailboxes; i++)
            inboxes.Add((await cluster.CreateAccountAsync($"user{i}@example.com")).Inbox);
        foreach (var inbox in inboxes)
            await cluster.Left.Mailboxes.Get(inbox).AppendAsync(0);
        (await cluster.CountMailboxesAsync()).ShouldBe([Mailboxes]);
        await cluster.AddSiloAsync();

        // In use all the while
        var appended = 0;
        await Eventually.WaitAsync(
            async () =>
            {
                appended++;
                foreach (var inbox in inboxes)
                    await cluster.Right.Mailboxes.Get(inbox).AppendAsync(appended);
                return (await cluster.CountMailboxesAsync())[1] >= Mailboxes / 4;
            },
            TimeSpan.FromMinutes(2),
            "The new silo has a quarter of the mailboxes");
        foreach (var inbox in inboxes)
            (await cluster.Left.Mailboxes.Get(inbox).IndexAsync()).Numbers().ShouldBe(Enumerable.Range(0, appended + 1));
    }
}
