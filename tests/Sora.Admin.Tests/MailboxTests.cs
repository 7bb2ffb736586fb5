using Sora.Contracts;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class MailboxTests : AdminTest
{
    [Fact]
    public async Task A_mailbox_is_created_listed_and_deleted_before_the_eyes_of_the_server()
    {
        await CreateAsync("user@example.com");
        var account = await AccountAsync("user@example.com");
        (await account.ListAsync(None)).Mailboxes.Length.ShouldBe(6);
        (await RunAsync("mailbox", "create", "--email", "user@example.com", "--name", "Projekte/Über uns", "--special-use", "important", "--subscribe"))
            .ShouldSucceed();
        await Eventually.WaitAsync(async () => (await account.ListAsync(None)).Mailboxes.Length == 8);

        var listed = (await RunAsync("mailbox", "list", "--email", "user@example.com", "--json")).ShouldSucceed().Json.EnumerateArray().ToList();
        listed.Select(mailbox => mailbox.GetProperty("name").GetString())
            .ShouldBe(["INBOX", "Archive", "Drafts", "Junk", "Projekte", "Projekte/Über uns", "Sent", "Trash"]);
        listed[5].GetProperty("special_use").GetString().ShouldBe("important");
        listed[5].GetProperty("subscribed").GetBoolean().ShouldBeTrue();
        listed[4].GetProperty("subscribed").GetBoolean().ShouldBeFalse();
        listed[0].GetProperty("messages").GetInt32().ShouldBe(0);
        (await RunAsync("mailbox", "list", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("Projekte/Über uns");

        var open = Node.Mailboxes.Get(await MailstoreNode.IdAsync(account, "Projekte/Über uns"));
        (await open.OpenAsync(new ModSeq(0), None)).IsOk.ShouldBeTrue();
        await Refused("inferior", "Projekte");
        await Refused("INBOX", "INBOX");
        await Refused("does not exist", "projekte");
        (await RunAsync("mailbox", "delete", "--email", "user@example.com", "--name", "Projekte/Über uns", "--confirm")).ShouldSucceed();
        await Eventually.WaitAsync(async () => (await account.ListAsync(None)).Mailboxes.Length == 7);
        await Eventually.WaitAsync(async () => !(await open.OpenAsync(new ModSeq(0), None)).IsOk);

        async Task Refused(string reason, string name) =>
            (await RunAsync("mailbox", "delete", "--email", "user@example.com", "--name", name, "--confirm")).ShouldFail(ExitCode.Failed, reason);
    }

    [Theory]
    [InlineData("Sent", "already exists")]
    [InlineData("a//b", "empty level")]
    [InlineData("a*", "not allowed")]
    public async Task What_cannot_be_created_is_refused(string name, string reason)
    {
        await CreateAsync("user@example.com");
        (await RunAsync("mailbox", "create", "--email", "user@example.com", "--name", name)).ShouldFail(ExitCode.Failed, reason);
    }

    [Fact]
    public async Task A_special_use_is_given_once()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("mailbox", "create", "--email", "user@example.com", "--name", "Out", "--special-use", "sent"))
            .ShouldFail(ExitCode.Failed, "special use");
        (await RunAsync("mailbox", "create", "--email", "user@example.com", "--name", "Out", "--special-use", "none")).ShouldFail(ExitCode.Usage, "none");
        (await RunAsync("mailbox", "create", "--email", "nobody@example.com", "--name", "Out")).ShouldFail(ExitCode.Failed, "There is no account");
    }
}
