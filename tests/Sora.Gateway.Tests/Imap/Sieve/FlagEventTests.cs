using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap.Sieve;

/// <summary>Events of flags follow from what the mailbox's writer has changed, and not from what a session saw (RFC 6785 section 2.2.3).</summary>
[Collection("imap")]
public sealed class FlagEventTests(ImapFixture fixture)
{
    private const string Mail = "From: ada@example.net\nSubject: hello\n\nbody\n";

    private const string Telling = """
        require ["enotify", "environment", "variables"];
        if environment :matches "imap.changedflags" "*" { notify :message "${1}" "mailto:tim@example.com"; }
        """;

    [Theory]
    [InlineData("STORE {0} +FLAGS (\\Flagged)", "\\Flagged")]
    [InlineData("STORE {0} +FLAGS.SILENT ($Work)", "$Work")]
    [InlineData("FETCH {0} BODY[TEXT]", "\\Seen")]
    public async Task Two_sessions_that_set_a_flag_at_once_are_one_event(string command, string changed)
    {
        const int Messages = 15;
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        await user.DeliverAsync([.. Enumerable.Repeat(Mail, Messages)]);
        using var one = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        using var other = await user.LogInAsync("SELECT INBOX");
        await one.DoAsync("SELECT INBOX");
        for (var message = 1; message <= Messages; message++)
        {
            var both = string.Format(System.Globalization.CultureInfo.InvariantCulture, command, message);
            await Task.WhenAll(one.DoAsync(both), other.DoAsync(both));
        }

        user.Relayed.Select(static one => one.Field("Subject")[0]).ShouldBe(Enumerable.Repeat(changed, Messages));
    }

    // Here the session has not heard of the change, whatever the other process or session was
    [Fact]
    public async Task What_somebody_else_has_changed_meanwhile_is_no_event_of_this_command()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        await user.DeliverAsync(Mail, Mail, Mail);
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        var mailbox = await user.MailboxAsync();
        (await mailbox.StoreAsync(new StoreRequest(OperationId.New(), UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.Flagged)), CancellationToken.None)).IsOk.ShouldBeTrue();
        await client.DoAsync("STORE 1:3 +FLAGS (\\Flagged)");
        user.Relayed.Select(static one => one.Field("Subject")[0]).ShouldBe(["\\Flagged", "\\Flagged"]);
    }

    // Each of the messages has another change, and hears of its own alone
    [Fact]
    public async Task Each_message_is_told_its_own_change()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Telling);
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Seen));
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.None, "old"));
        await user.DeliverToAsync("INBOX", Mail, FlagSet.Of(SystemFlags.Seen | SystemFlags.Draft));
        using var client = await user.LogInAsync("SETMETADATA INBOX (/shared/imapsieve/script \"s\")");
        await client.DoAsync("SELECT INBOX");
        await client.DoAsync("STORE 1:3 FLAGS (\\Seen)");
        user.Relayed.Select(static one => one.Field("Subject")[0]).Order(StringComparer.Ordinal).ShouldBe(["\\Draft", "\\Seen old"]);
    }
}
