using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Relay;

namespace Sora.Admin.Tests;

public sealed class RelayTests : AdminTest
{
    [Fact]
    public async Task What_waits_is_listed_shown_tried_again_and_deleted()
    {
        await CreateAsync("ada@example.com");
        using var queue = await FillAsync();
        var listed = (await RunAsync("relay", "list", "--json")).ShouldSucceed().Json;
        listed.GetArrayLength().ShouldBe(3);
        var first = listed[0];
        first.GetProperty("account").GetString().ShouldBe("ada@example.com");
        first.GetProperty("kind").GetString().ShouldBe("redirect");
        first.GetProperty("recipient").GetString().ShouldBe("b@example.net");
        first.GetProperty("attempts").GetInt32().ShouldBe(1);
        first.GetProperty("last_reply").GetString().ShouldBe("451 4.7.1 come back");
        first.GetProperty("sending").GetBoolean().ShouldBeFalse();
        var id = first.GetProperty("id").GetInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);
        (await RunAsync("relay", "list")).ShouldSucceed().Output.ShouldContain("451 4.7.1 come back");
        (await RunAsync("relay", "list", "--email", "ada@example.com", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(2);
        (await RunAsync("relay", "list", "--recipient", "@Example.NET", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(2);
        (await RunAsync("relay", "list", "--recipient", "example.net", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);
        var page = await RunAsync("relay", "list", "--limit", "2", "--json");
        (page.Json.GetArrayLength(), page.Error).ShouldBe((2, $"sora-admin: there are more: --after {id}\n"));
        page = await RunAsync("relay", "list", "--limit", "1", "--json");
        (page.Json.GetArrayLength(), page.Error).ShouldBe((2, $"sora-admin: there are more: --after {id}\n"));
        (await RunAsync("relay", "list", "--kind", "report", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(1);
        (await RunAsync("relay", "list", "--kind", "letter")).ShouldFail(ExitCode.Usage, "letter");
        (await RunAsync("relay", "list", "--sender", "A@example.org", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(2);
        (await RunAsync("relay", "list", "--sender", "@EXAMPLE.org", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(2);
        (await RunAsync("relay", "list", "--sender", "<>", "--json")).ShouldSucceed().Json[0].GetProperty("recipient").GetString().ShouldBe("x@example.org");
        (await RunAsync("relay", "list", "--after", id, "--json")).ShouldSucceed().Json[0].GetProperty("recipient").GetString().ShouldBe("x@example.org");

        var shown = (await RunAsync("relay", "show", "--id", id)).ShouldSucceed().Output;
        shown.ShouldContain("Subject: evil?[31m\n");
        shown.ShouldContain("mx.example.net");
        shown.ShouldNotContain("text");
        (await RunAsync("relay", "show", "--id", id, "--json")).ShouldSucceed().Json.GetProperty("recipients").GetArrayLength().ShouldBe(2);
        (await RunAsync("relay", "show", "--id", "99999")).ShouldFail(ExitCode.Failed, "There is no message 99999");

        // What a node is sending is left alone
        var sending = (await queue.TakeAsync(TimeSpan.FromMinutes(5), 10, false, None))!;
        sending.Recipients.Single().Recipient.Address.ShouldBe("x@example.org");
        (await RunAsync("relay", "list", "--recipient", "x@example.org", "--json")).ShouldSucceed().Json[0].GetProperty("sending").GetBoolean().ShouldBeTrue();
        (await queue.TakeAsync(TimeSpan.FromMinutes(5), 10, false, None)).ShouldBeNull();
        (await RunAsync("relay", "retry", "--all")).ShouldSucceed().Output.ShouldBe("2 recipients are due now\n");
        (await queue.TakeAsync(TimeSpan.FromMinutes(5), 10, false, None))!.Recipients.Count.ShouldBe(2);

        (await RunAsync("relay", "delete", "--id", id)).ShouldFail(ExitCode.Usage, "--confirm");
        (await RunAsync("relay", "delete", "--id", id, "--recipient", "b@example.net", "--confirm")).ShouldSucceed().Output.ShouldBe("1 recipients were deleted\n");
        (await RunAsync("relay", "delete", "--id", id, "--confirm", "--json")).ShouldSucceed().Json.GetProperty("recipients").GetInt32().ShouldBe(1);
        (await RunAsync("relay", "show", "--id", id)).ShouldFail(ExitCode.Failed, "There is no message");
        (await RunAsync("relay", "delete", "--id", id, "--confirm")).ShouldFail(ExitCode.Failed, "There is no message");
        (await RunAsync("relay", "retry", "--id", id)).ShouldFail(ExitCode.Failed, "There is no message");
        (await RunAsync("relay", "delete", "--all", "--confirm")).ShouldSucceed();
        (await RunAsync("relay", "list", "--json")).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);
        (await queue.SettleAsync(sending, [new RelayOutcome(1, RelayFate.Sent, new RelayReply(250, "2.0.0", "ok"))], null, None)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("retry")]
    [InlineData("delete")]
    public async Task It_must_be_said_which_messages_are_meant(string command)
    {
        (await RunAsync("relay", command, "--confirm")).ShouldFail(ExitCode.Usage, command == "retry" ? "--confirm" : "Say which messages");
        string[] confirm = command == "delete" ? ["--confirm"] : [];
        (await RunAsync(["relay", command, "--all", "--kind", "notify", .. confirm])).ShouldFail(ExitCode.Usage, "Say which messages");
        (await RunAsync(["relay", command, "--all", "--id", "5", .. confirm])).ShouldFail(ExitCode.Usage, "Say which messages");
        (await RunAsync(["relay", command, "--email", "nobody@example.com", .. confirm])).ShouldFail(ExitCode.Failed, "nobody@example.com");
    }

    private async Task<RelayQueue> FillAsync()
    {
        var queue = new RelayQueue(
            Node.Database, new RelayLimits(true, 1 << 20, 10, 100, 100, 100, 50, TimeSpan.FromDays(5)), Node.Metrics, TimeProvider.System);
        var account = (await AccountAsync("ada@example.com")).Id;
        var message = Encoding.ASCII.GetBytes("Subject: evil\u001b[31m\r\n\r\ntext\r\n");
        await queue.EnqueueAsync(
            new RelayRequest("1", account, RelayKind.Redirect, "a@example.org", [new("b@example.net"), new("c@example.net")], message), None);
        var work = (await queue.TakeAsync(TimeSpan.FromMinutes(1), 10, false, None))!;
        var reply = new RelayReply(451, "4.7.1", "come back", "mx.example.net");
        await queue.SettleAsync(
            work, [.. work.Recipients.Select(target => new RelayOutcome(target.Number, RelayFate.Deferred, reply) { Pause = TimeSpan.FromHours(1) })], null, None);
        await queue.EnqueueAsync(new RelayRequest("2", default, RelayKind.Report, "", [new("x@example.org")], message), None);
        return queue;
    }
}
