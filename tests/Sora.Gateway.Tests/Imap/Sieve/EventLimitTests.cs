using System.Text;
using Sora.Contracts;
using Sora.Gateway.Sieve.Mailboxes;
using Sora.Gateway.Tests.Connections;
using Sora.Testing;

namespace Sora.Gateway.Tests.Imap.Sieve;

/// <summary>What keeps scripts on events within bounds, and what is known of them fresh. Bodies cannot be opened as long as the gate is closed.</summary>
[Collection("imap")]
public sealed class EventLimitTests(ImapFixture fixture) : IDisposable
{
    private const string Raw = "Subject: new\r\n\r\nx\r\n"; // 19 bytes
    private const string Bind = "SETMETADATA INBOX (/shared/imapsieve/script \"s\")";

    // It reads the body, so it waits at the gate
    private const string Waiting = """
        require ["body", "enotify", "environment", "imap4flags"];
        if allof (environment "imap.cause" "APPEND", body :contains "x") { addflag "seen"; notify "mailto:tim@example.com"; }
        """;

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Dispose()
    {
        _gate.TrySetResult();
        fixture.Messages.Gate = Task.CompletedTask;
    }

    [Fact]
    public async Task A_message_that_takes_too_long_is_left_as_it_is()
    {
        await using var gateway = await fixture.StartAsync(
            TimeProvider.System, sieve: new SieveImapOptions { MessageTimeout = TimeSpan.FromMilliseconds(100), Wait = TimeSpan.FromMinutes(5) });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Waiting);
        using var client = await user.LogInAsync(Bind, gateway);
        fixture.Messages.Gate = _gate.Task;
        (await client.RunAsync($"APPEND INBOX {{19+}}\r\n{Raw} {{19+}}\r\n{Raw}"))[^1].ShouldStartWith("OK [APPENDUID ");
        var log = await user.ScriptLogAsync();
        log.Length.ShouldBe(2); // the second one had a time of its own
        log.ShouldAllBe(static line => line.Contains("were not run to the end: they took longer than", StringComparison.Ordinal));
        log.ShouldContain(static line => line.Contains("message 1 of INBOX", StringComparison.Ordinal));
        user.Relayed.ShouldBeEmpty();
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("SEARCH KEYWORD seen"))[0].ShouldBe("* SEARCH");
    }

    // A command is answered after sieve_imap.wait, unless too many have been already
    [Fact]
    public async Task Beyond_max_background_a_command_waits_to_the_end()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { Wait = TimeSpan.Zero, MaxBackground = 1 });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Waiting);
        using var first = await user.LogInAsync(Bind, gateway);
        using var second = await user.LogInAsync(null, gateway);
        using var watching = await user.LogInAsync("SELECT INBOX", gateway);
        fixture.Messages.Gate = _gate.Task;
        await first.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        var waits = second.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        await Eventually.WaitAsync(async () => (await watching.DoAsync("STATUS INBOX (MESSAGES)"))[0] == "* STATUS INBOX (MESSAGES 2)");
        await first.DoAsync("NOOP");
        waits.IsCompleted.ShouldBeFalse();
        user.Relayed.ShouldBeEmpty();
        _gate.SetResult();
        await waits;
        (await watching.DoAsync("SEARCH UID 2 KEYWORD seen")).ShouldContain("* SEARCH 2"); // its own has run
        await Eventually.WaitAsync(() => user.Relayed.Count == 2);

        // There is room again, a moment after the others have relayed: they have more to do then
        var isAnswered = false;
        for (var count = 3; !isAnswered && count < 30; count++)
        {
            var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            fixture.Messages.Gate = again.Task;
            var append = second.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
            isAnswered = await Task.WhenAny(append, Task.Delay(TimeSpan.FromSeconds(1))) == append;
            user.Relayed.Count.ShouldBe(count - 1);
            again.SetResult();
            await append;
            await Eventually.WaitAsync(() => user.Relayed.Count == count);
        }

        isAnswered.ShouldBeTrue();
    }

    [Fact]
    public async Task A_process_that_stops_lets_scripts_finish()
    {
        var options = new SieveImapOptions { Wait = TimeSpan.Zero };
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: options);
        var scripts = fixture.TakeScripts();
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Waiting);
        using var client = await user.LogInAsync(Bind, gateway);
        fixture.Messages.Gate = _gate.Task;
        await client.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        options.Wait = TimeSpan.FromMinutes(5);
        var stopping = scripts.DisposeAsync().AsTask();
        stopping.IsCompleted.ShouldBeFalse();
        _gate.SetResult();
        await stopping;
        user.Relayed.ShouldHaveSingleItem();
    }

    // What has not run by then never does: the message is there, and nothing was half done
    [Fact]
    public async Task A_process_that_stops_does_not_wait_for_ever()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { Wait = TimeSpan.Zero });
        var scripts = fixture.TakeScripts();
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Waiting);
        using var client = await user.LogInAsync(Bind, gateway);
        fixture.Messages.Gate = _gate.Task;
        await client.DoAsync("APPEND INBOX {19+}\r\n" + Raw);
        await scripts.DisposeAsync();
        _gate.SetResult();
        await client.DoAsync("SELECT INBOX");
        (await client.DoAsync("FETCH 1 FLAGS"))[^1].ShouldBe("* 1 FETCH (FLAGS (\\Recent))");
        user.Relayed.ShouldBeEmpty();
    }

    // In case the news was lost: here nobody announces the change
    [Fact]
    public async Task What_is_known_of_annotations_has_an_age()
    {
        var time = new ManualTime();
        await using var gateway = await fixture.StartAsync(time, sieve: new SieveImapOptions { Refresh = TimeSpan.FromMinutes(5) });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Noting("old"));
        await user.PutScriptAsync("t", Noting("new"));
        using var client = await user.LogInAsync(Bind, gateway);
        await AppendAsync(client);
        await using (var command = fixture.Node.Database.Write.CreateCommand("UPDATE annotations SET value = $2 WHERE mailbox_id = $1"))
        {
            command.Parameters.AddWithValue((await MailstoreNode.IdAsync(user.Account, "INBOX")).Value);
            command.Parameters.AddWithValue(Encoding.ASCII.GetBytes("t"));
            (await command.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        time.Advance(TimeSpan.FromMinutes(4));
        await AppendAsync(client);
        time.Advance(TimeSpan.FromMinutes(1));
        await AppendAsync(client);
        Subjects(user).ShouldBe(["old", "old", "new"]);
    }

    [Fact]
    public async Task Of_more_mailboxes_than_fit_each_has_its_script()
    {
        await using var gateway = await fixture.StartAsync(TimeProvider.System, sieve: new SieveImapOptions { MaxCachedMailboxes = 1 });
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("a", Noting("a"));
        await user.PutScriptAsync("b", Noting("b"));
        using var client = await user.LogInAsync("SETMETADATA Trash (/shared/imapsieve/script \"a\")", gateway);
        await client.DoAsync("SETMETADATA Junk (/shared/imapsieve/script \"b\")");
        foreach (var mailbox in new[] { "Trash", "Junk", "INBOX", "Trash", "Junk" })
            await AppendAsync(client, mailbox);
        Subjects(user).ShouldBe(["a", "b", "a", "b"]);
    }

    [Fact]
    public async Task What_another_process_changes_is_heard_here()
    {
        await using var elsewhere = await MailstoreNode.StartAsync(fixture.Node.Address);
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Noting("first"));
        using var client = await user.LogInAsync(Bind);
        await AppendAsync(client);
        Subjects(user).ShouldBe(["first"]);

        // The script changes there
        var name = SieveScriptName.Parse("s").Value;
        (await elsewhere.Scripts.PutAsync(user.Account.Id, name, Encoding.ASCII.GetBytes(Noting("second")), CancellationToken.None)).IsOk.ShouldBeTrue();
        await EventuallyAsync("second");

        // The mailbox gets another script there
        (await elsewhere.Scripts.PutAsync(user.Account.Id, SieveScriptName.Parse("t").Value, Encoding.ASCII.GetBytes(Noting("third")), CancellationToken.None)).IsOk.ShouldBeTrue();
        var mailbox = await MailstoreNode.IdAsync(user.Account, "INBOX");
        var write = new MetadataWrite(user.Account.Id, mailbox, [new MetadataEntry(EventBindings.Entry, Encoding.ASCII.GetBytes("t"))], OperationId.New());
        (await elsewhere.Metadata.WriteAsync(write, CancellationToken.None)).IsOk.ShouldBeTrue();
        await EventuallyAsync("third");

        // And the script is deleted there
        (await elsewhere.Scripts.DeleteAsync(user.Account.Id, SieveScriptName.Parse("t").Value, CancellationToken.None)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () =>
        {
            var before = user.Relayed.Count;
            await AppendAsync(client);
            return user.Relayed.Count == before;
        });

        Task EventuallyAsync(string text) => Eventually.WaitAsync(async () =>
        {
            await AppendAsync(client);
            return Subjects(user)[^1] == text;
        });
    }

    [Fact]
    public async Task A_body_that_cannot_be_read_is_told_the_owner()
    {
        var user = await fixture.UserAsync();
        await user.PutScriptAsync("s", Waiting);
        using var client = await user.LogInAsync(Bind);
        fixture.Messages.BrokenSize = 19;
        try
        {
            (await client.RunAsync("APPEND INBOX {19+}\r\n" + Raw))[^1].ShouldStartWith("OK [APPENDUID ");
        }
        finally
        {
            fixture.Messages.BrokenSize = null;
        }

        (await user.ScriptLogAsync()).Single().ShouldContain("message 1 of INBOX were not run to the end: the message could not be read");
        user.Relayed.ShouldBeEmpty();
    }

    private static Task<List<string>> AppendAsync(ImapClient client, string mailbox = "INBOX") => client.DoAsync($"APPEND {mailbox} {{19+}}\r\n{Raw}");

    private static string[] Subjects(TestUser user) => [.. user.Relayed.Select(static one => one.Field("Subject")[0])];

    private static string Noting(string text) => $"require \"enotify\"; notify :message \"{text}\" \"mailto:tim@example.com\";";
}
