using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;

namespace Sora.EndToEnd.Tests;

/// <summary>Clients on one mailbox hear of each other, and of deliveries, while they are in IDLE.</summary>
[Collection(SharedServerTests.Name)]
public sealed class PushTests(SharedServer server)
{
    private readonly SoraProcess _sora = server.Sora;
    private readonly string _user = server.NextAccount();

    [Fact]
    public async Task What_one_client_does_the_other_hears_in_idle()
    {
        using var listener = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        using var writer = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        await listener.BeginIdleAsync();

        var uids = new[] { await writer.AppendAsync("INBOX", TestMail.Make(1)), await writer.AppendAsync("INBOX", TestMail.Make(2), "(\\Flagged) ") };
        await HearAsync(listener, view => view.Uids.Count == 2);
        await listener.EndIdleAsync();
        await listener.OkAsync("FETCH 1:* (UID FLAGS)");
        listener.View.Uids.ShouldBe(uids);

        await listener.BeginIdleAsync();
        await writer.OkAsync("UID STORE " + uids[0] + " +FLAGS (\\Seen $Label)");
        await HearAsync(listener, view => view.Flags[uids[0]].IsSupersetOf(["\\Seen", "$Label"]));
        await writer.OkAsync("UID STORE " + uids[0] + " -FLAGS.SILENT ($Label)");
        await HearAsync(listener, view => !view.Flags[uids[0]].Contains("$Label"));

        await writer.OkAsync("UID STORE " + uids[0] + " +FLAGS (\\Deleted)");
        await writer.OkAsync("EXPUNGE");
        await HearAsync(listener, view => view.Uids.Count == 1);
        await listener.EndIdleAsync();
        listener.View.Uids.ShouldBe([uids[1]]);

        // What comes between two IDLEs is told by the next command
        await writer.OkAsync("UID STORE " + uids[1] + " +FLAGS (\\Answered)");
        await listener.OkAsync("NOOP");
        listener.View.Flags[uids[1]].ShouldContain("\\Answered");
    }

    [Fact]
    public async Task A_delivery_and_a_move_wake_idle()
    {
        using var listener = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        await listener.BeginIdleAsync();
        using var lmtp = await LmtpClient.ConnectAsync(_sora.LmtpPort);
        await lmtp.DeliverAsync(_user, TestMail.Make(1));
        await HearAsync(listener, view => view.Uids.Count == 1);

        using var other = await ImapClient.OpenInboxAsync(_sora.ImapPort, _user, SharedServer.Password);
        var moved = await other.OkAsync("UID MOVE " + other.View.Uids[0] + " Archive");
        moved.Untagged.ShouldContain(static response => response.Code == "COPYUID");
        await HearAsync(listener, view => view.Uids.Count == 0);
        await listener.EndIdleAsync();

        await listener.SelectAsync("Archive");
        listener.View.Uids.Count.ShouldBe(1);
        await listener.BeginIdleAsync();
        await other.SelectAsync("Archive");
        await other.OkAsync("COPY 1 Archive");
        await HearAsync(listener, view => view.Uids.Count == 2);
        await listener.EndIdleAsync();
    }

    private static async Task HearAsync(ImapClient listener, Func<MailboxView, bool> condition)
    {
        while (!condition(listener.View))
            await listener.ReadUntaggedAsync();
    }
}
