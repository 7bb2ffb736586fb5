using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class MessagesTests : AdminTest
{
    private const string User = "user@example.com";

    [Fact]
    public async Task Expunged_messages_are_listed_and_come_back_before_the_eyes_of_the_server()
    {
        await CreateAsync(User);
        var inbox = await AppendAsync("INBOX", "From: a@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\nx\r\n", "Subject: two\r\n\r\nx\r\n", "Subject: three\r\n\r\nx\r\n");
        (await inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.Range(1, 2), OnlyDeleted: false), None)).IsOk.ShouldBeTrue();

        var listed = (await RunAsync("messages", "list-deleted", "--account", User, "--json")).ShouldSucceed().Json.EnumerateArray().ToList();
        listed.Count.ShouldBe(2);
        listed[1].GetProperty("from").GetString().ShouldBe("a@example.org");
        listed[1].GetProperty("subject").GetString().ShouldBe("Grüße");
        listed[1].GetProperty("uid").GetInt32().ShouldBe(1);
        listed[1].GetProperty("mailbox").GetString().ShouldBe("INBOX");
        listed[1].GetProperty("flags").EnumerateArray().Select(static flag => flag.GetString()).ShouldBe(["\\Seen"]);
        listed[1].GetProperty("restored").GetBoolean().ShouldBeFalse();
        var few = await RunAsync("messages", "list-deleted", "--account", User, "--limit", "1");
        few.Code.ShouldBe(ExitCode.Ok);
        few.Error.ShouldContain("there are more");
        few.Output.ShouldContain("two");

        (await RunAsync("messages", "restore", "--account", User)).ShouldFail(ExitCode.Usage, "--all");
        (await RunAsync("messages", "restore", "--account", User, "--ids", "x")).ShouldFail(ExitCode.Usage, "17.42");
        (await RunAsync("messages", "restore", "--account", User, "--all", "--to", "Nowhere")).ShouldFail(ExitCode.Failed, "Nowhere");
        var one = (await RunAsync("messages", "restore", "--account", User, "--ids", listed[1].GetProperty("id").GetString()!, "--json")).ShouldSucceed().Json;
        one.GetProperty("messages").GetInt32().ShouldBe(1);
        one.GetProperty("mailboxes")[0].GetProperty("uids").GetString().ShouldBe("4");
        await Eventually.WaitAsync(async () => (await inbox.OpenAsync(default, None)).Value.Index!.Uids().ToString() == "3:4");
        (await RunAsync("messages", "restore", "--email", User, "--all")).ShouldSucceed().Output.ShouldContain("Restored 1 messages");
        (await RunAsync("messages", "restore", "--email", User, "--all")).ShouldSucceed().Output.ShouldContain("Nothing");
        await Eventually.WaitAsync(async () => (await inbox.OpenAsync(default, None)).Value.Index!.Uids().ToString() == "3:5");
        (await RunAsync("audit", "list", "--kind", "admin", "--action", "messages restore", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(4);
    }

    [Fact]
    public async Task The_quota_can_be_ignored()
    {
        await CreateAsync(User);
        var inbox = await AppendAsync("INBOX", "Subject: one\r\n\r\nx\r\n", "Subject: two\r\n\r\nx\r\n");
        (await inbox.ExpungeAsync(new ExpungeRequest(OperationId.None, UidSet.All, OnlyDeleted: false), None)).IsOk.ShouldBeTrue();
        (await RunAsync("quota", "set", "--email", User, "--messages", "1")).ShouldSucceed();
        (await RunAsync("messages", "restore", "--account", User, "--all")).ShouldFail(ExitCode.Failed, "uota");
        (await RunAsync("messages", "restore", "--account", User, "--all", "--ignore-quota")).ShouldSucceed();
    }

    [Fact]
    public async Task A_deleted_mailbox_is_listed_and_comes_back()
    {
        await CreateAsync(User);
        await AppendAsync("Archive", "Subject: one\r\n\r\nx\r\n");
        (await RunAsync("mailbox", "delete", "--email", User, "--name", "Archive", "--confirm")).ShouldSucceed();
        var listed = (await RunAsync("mailbox", "list-deleted", "--email", User, "--json")).ShouldSucceed().Json.EnumerateArray().ToList();
        listed.Count.ShouldBe(1);
        listed[0].GetProperty("special_use").GetString().ShouldBe("archive");
        listed[0].GetProperty("messages").GetInt32().ShouldBe(1);
        (await RunAsync("mailbox", "restore", "--email", User)).ShouldFail(ExitCode.Usage, "--name or --id");
        (await RunAsync("mailbox", "restore", "--email", User, "--name", "Nowhere")).ShouldFail(ExitCode.Failed, "no such deleted mailbox");
        var restored = (await RunAsync("mailbox", "restore", "--email", User, "--name", "Archive", "--json")).ShouldSucceed().Json;
        restored.GetProperty("special_use").GetString().ShouldBe("archive");
        restored.GetProperty("messages").GetInt32().ShouldBe(1);
        (await RunAsync("mailbox", "list-deleted", "--email", User)).ShouldSucceed().Output.ShouldNotContain("Archive");
    }

    private async Task<IMailbox> AppendAsync(string name, params string[] messages)
    {
        using var folder = new TempFolder();
        await using var bodies = new BodyHost(Node.Database, new StorageOptions(), folder.Path, Node.Metrics, TimeProvider.System, NullLoggerFactory.Instance);
        var mailbox = Node.Mailboxes.Get(await MailstoreNode.IdAsync(await AccountAsync(User), name));
        foreach (var text in messages)
        {
            await using var intake = bodies.Intakes.Begin(long.MaxValue, 0);
            await intake.WriteAsync(Encoding.ASCII.GetBytes(text), None);
            await using var message = (await intake.CompleteAsync(None)).Value;
            var append = new AppendMessage(message, default, FlagSet.Of(SystemFlags.Seen), DateTimeOffset.UtcNow);
            (await mailbox.AppendAsync(new AppendRequest(OperationId.None, [append]), None)).IsOk.ShouldBeTrue();
        }

        return mailbox;
    }
}
