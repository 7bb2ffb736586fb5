using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Replicas;
using Sora.Gateway.Tests.Imap;
using Sora.Testing;

namespace Sora.Gateway.Tests.Replicas;

/// <summary>Records that come with the news of a change, to a replica whose writer cannot be asked any more.</summary>
[Collection("imap")]
public sealed class PushedRecordsTests(ImapFixture fixture)
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task They_bring_a_replica_to_the_newest_state_in_whatever_order_they_come_and_however_often()
    {
        var user = await fixture.UserAsync();
        var inbox = await MailstoreNode.IdAsync(user.Account, "INBOX");
        await user.DeliverAsync("Subject: before\n\ntext\n");
        var other = await MailstoreNode.StartAsync(fixture.Node.Address, hears: false);
        using var metrics = new GatewayMetrics();
        var replicas = new MailboxReplicas(other.Mailboxes, metrics, TimeProvider.System, NullLogger<MailboxReplicas>.Instance);
        using var session = (await replicas.OpenAsync(inbox, None)).Value;
        var replica = session.Replica;
        await other.DisposeAsync();

        var records = new List<MailboxDelta>();
        for (var i = 0; i < 5; i++)
        {
            await user.DeliverAsync($"Subject: {i}\n\ntext\n");
            records.AddRange((await fixture.Node.Mailboxes.OpenRemoteAsync(inbox, new ModSeq(replica.Current!.HighestModSeq.Value + i), None)).Value.Deltas);
        }

        records.Count.ShouldBe(5);
        replica.Changed(inbox, records[0].ModSeq, [records[0]]);
        (await replica.CatchUpAsync(records[0].ModSeq, None)).ShouldBeNull();
        replica.Current!.Count.ShouldBe(2);

        // Those before it are missing, and cannot be asked for: they come later
        replica.Changed(inbox, records[3].ModSeq, [records[3]]);
        replica.Changed(inbox, records[4].ModSeq, [records[3], records[4]]);
        replica.Changed(inbox, records[0].ModSeq, [records[0]]);
        replica.Current.Count.ShouldBe(2);
        replica.IsBehind.ShouldBeTrue();
        replica.Changed(inbox, records[2].ModSeq, [records[1], records[2]]);
        await Eventually.WaitAsync(() => replica.Current.Count == 6);
        replica.IsBehind.ShouldBeFalse();
        var whole = (await fixture.Node.Mailboxes.Get(inbox).OpenAsync(default, None)).Value.Index!;
        (replica.Current.HighestModSeq, replica.Current.UidNext).ShouldBe((whole.HighestModSeq, whole.UidNext));
    }
}
