using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Sora.Gateway.Tests.Imap;

namespace Sora.Gateway.Tests;

/// <summary>That these tests go through a cluster at all, and what a session sees of what another one was told through another gateway.</summary>
[Collection("imap")]
public sealed class TwoGatewayTests(ImapFixture fixture) : IAsyncLifetime, IDisposable
{
    private readonly ImapFixture _other = new();
    private TestUser _user = null!;
    private ImapClient _left = null!;
    private ImapClient _right = null!;

    public async Task InitializeAsync()
    {
        await _other.InitializeAsync(fixture.Engine.Beside());
        _user = await fixture.UserAsync();
        _left = await _user.LogInAsync();
        _right = await new TestUser(_other, _user.Address, _other.Engine.Accounts.Get(_user.Account.Id)).LogInAsync();
    }

    public async Task DisposeAsync()
    {
        _left.Dispose();
        _right.Dispose();
        await _other.DisposeAsync();
    }

    public void Dispose() => _other.Dispose();

    [Fact]
    public async Task Commands_are_answered_by_the_silos()
    {
        var served = new ConcurrentDictionary<string, int>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Name == "sora_cluster_served_duration_seconds")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
        {
            foreach (var (key, value) in tags)
            {
                if (key == "call")
                    served.AddOrUpdate((string)value!, 1, static (_, count) => count + 1);
            }
        });
        listener.Start();
        await DoAsync(("APPEND INBOX {17+}\r\nSubject: x\r\n\r\ny\r\n", "AppendPlacedAsync"), ("CREATE Box", "CreateAsync"), ("SELECT INBOX", "OpenAsync"), ("STORE 1 +FLAGS (\\Seen)", "StoreAsync"));
        await DoAsync(("COPY 1 Box", "CopyAsync"), ("COPY 1 Box", "RefreshAsync"), ("SETMETADATA INBOX (/private/comment \"x\")", "RefreshAsync"), ("SUBSCRIBE Box", "SubscribeAsync"));
        await DoAsync(("RENAME Box Other", "RenameAsync"), ("DELETE Other", "DeleteAsync"), ("REPLACE 1 INBOX {17+}\r\nSubject: x\r\n\r\nz\r\n", "ReplaceAsync"));
        await DoAsync(("STATUS INBOX (RECENT)", "CountRecentAsync"), ("STORE 1 +FLAGS (\\Deleted)", "StoreAsync"), ("EXPUNGE", "ExpungeAsync"), ("NOOP", "OpenAsync"));

        async Task DoAsync(params (string Command, string Call)[] steps)
        {
            foreach (var (command, call) in steps)
            {
                var before = served.GetValueOrDefault(call);
                await _left.DoAsync(command);
                served.GetValueOrDefault(call).ShouldBeGreaterThan(before, command);
            }
        }
    }

    [Fact]
    public async Task What_one_gateway_has_acknowledged_the_other_tells_with_NOOP()
    {
        await _left.DoAsync("SELECT INBOX");
        await _right.DoAsync("SELECT INBOX");
        for (var i = 1; i <= 40; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (_left, _right) : (_right, _left);
            await writer.DoAsync("APPEND INBOX {17+}\r\nSubject: x\r\n\r\ny\r\n");
            (await reader.DoAsync("NOOP")).ShouldContain($"* {i} EXISTS");
            await reader.DoAsync($"STORE {i} +FLAGS (\\Flagged)");
            (await writer.DoAsync("NOOP")).ShouldContain(line => line.StartsWith($"* {i} FETCH ", StringComparison.Ordinal) && line.Contains("\\Flagged", StringComparison.Ordinal));
            await writer.DoAsync($"COPY {i} Archive");
            (await reader.DoAsync("STATUS Archive (MESSAGES)")).ShouldBe([$"* STATUS Archive (MESSAGES {i})"]);
        }

        await _left.DoAsync("SELECT Archive");
        for (var left = 39; left >= 20; left--)
        {
            await _right.DoAsync("MOVE 1 Archive");
            (await _left.DoAsync("NOOP")).ShouldContain($"* {79 - left + 1} EXISTS");
        }

        await _left.DoAsync("SELECT INBOX");
        for (var left = 19; left >= 0; left--)
        {
            await _left.DoAsync("STORE 1 +FLAGS.SILENT (\\Deleted)");
            await _left.DoAsync("EXPUNGE");
            (await _right.DoAsync("NOOP")).ShouldContain("* 1 EXPUNGE");
        }
    }

    [Fact]
    public async Task A_name_that_one_gateway_has_made_or_changed_the_other_knows()
    {
        for (var i = 0; i < 20; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (_left, _right) : (_right, _left);
            await writer.DoAsync($"CREATE made{i}");
            await reader.DoAsync($"APPEND made{i} {{17+}}\r\nSubject: x\r\n\r\ny\r\n");
            (await writer.DoAsync($"STATUS made{i} (MESSAGES)")).ShouldBe([$"* STATUS made{i} (MESSAGES 1)"]);
            await writer.DoAsync($"RENAME made{i} named{i}");
            (await reader.DoAsync($"LIST \"\" (made{i} named{i})")).ShouldHaveSingleItem().ShouldEndWith($" named{i}");
            await reader.DoAsync($"SELECT named{i}");
            await reader.DoAsync($"SUBSCRIBE named{i}");
            (await writer.DoAsync("LSUB \"\" named*")).ShouldHaveSingleItem();
            await writer.DoAsync($"UNSUBSCRIBE named{i}");
            await writer.DoAsync($"DELETE named{i}");
            (await reader.RunAsync($"SELECT named{i}"))[^1].ShouldStartWith("NO [NONEXISTENT]");
            (await reader.DoAsync("LIST \"\" named*")).ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task A_limit_holds_on_all_nodes_when_it_was_set()
    {
        using var administrator = await fixture.AdministratorAsync();
        foreach (var name in new[] { "one", "two", "three", "four" })
            await _left.DoAsync($"CREATE {name}");
        for (var i = 0; i < 10; i++)
        {
            foreach (var name in new[] { "one", "two", "three", "four" })
            {
                await administrator.DoAsync($"SETQUOTA #user/{_user.Address} (MESSAGE 0)");
                (await _right.RunAsync($"APPEND {name} {{17+}}\r\nSubject: x\r\n\r\ny\r\n"))[^1].ShouldStartWith("NO [OVERQUOTA]");
                await administrator.DoAsync($"SETQUOTA #user/{_user.Address} ()");
                await _right.DoAsync($"APPEND {name} {{17+}}\r\nSubject: x\r\n\r\ny\r\n");
            }
        }

        // One more fits, wherever its mailbox is
        await administrator.DoAsync($"SETQUOTA #user/{_user.Address} (MESSAGE 45)");
        for (var i = 0; i < 5; i++)
            await (i % 2 == 0 ? _left : _right).DoAsync($"APPEND {new[] { "one", "two", "three", "four" }[i % 4]} {{17+}}\r\nSubject: x\r\n\r\ny\r\n");
        foreach (var name in new[] { "one", "two", "three", "four" })
            (await _left.RunAsync($"APPEND {name} {{17+}}\r\nSubject: x\r\n\r\ny\r\n"))[^1].ShouldStartWith("NO [OVERQUOTA]");
    }
}
