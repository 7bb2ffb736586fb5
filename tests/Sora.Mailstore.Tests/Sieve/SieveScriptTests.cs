using System.Text;
using Sora.Contracts;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Sieve;

public sealed class SieveScriptTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly SieveScriptName One = SieveScriptName.Parse("one").Value;
    private static readonly SieveScriptName Two = SieveScriptName.Parse("two").Value;
    private static readonly byte[] Keep = "keep;"u8.ToArray();

    private MailstoreNode _node = null!;
    private AccountId _account;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _account = (await _node.CreateAccountAsync()).Id;
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_script_is_found_by_its_hash_and_keeps_its_dates()
    {
        (await _node.Scripts.FindAsync(_account, None)).Value.Active.ShouldBeNull();
        (await _node.Scripts.PutAsync(_account, One, Keep, None)).IsOk.ShouldBeTrue();
        (await _node.Scripts.PutAsync(_account, Two, Keep, None)).IsOk.ShouldBeTrue();
        (await _node.Scripts.ActivateAsync(_account, Two, None)).IsOk.ShouldBeTrue();
        var list = (await _node.Scripts.FindAsync(_account, None)).Value;
        list.Scripts.Select(static script => script.Name).ShouldBe([One, Two]);
        list.Scripts[0].Hash.ShouldBe(list.Scripts[1].Hash);
        list.Active!.Name.ShouldBe(Two);
        list.Active.Size.ShouldBe(5);

        (await _node.Scripts.PutAsync(_account, Two, "stop;"u8.ToArray(), None)).IsOk.ShouldBeTrue();
        var changed = (await _node.Scripts.GetAsync(_account, Two, None)).Value;
        changed.Content.ShouldBe("stop;"u8.ToArray());
        changed.Entry.Hash.ShouldNotBe(list.Active.Hash);
        changed.Entry.IsActive.ShouldBeTrue();
        changed.Entry.CreatedAt.ShouldBe(list.Active.CreatedAt);
        changed.Entry.ChangedAt.ShouldBeGreaterThan(list.Active.ChangedAt);
        (await _node.Scripts.FindAsync(_account, None)).Value.Active!.Hash.ShouldBe(changed.Entry.Hash); // at once in this process
    }

    [Fact]
    public async Task Another_process_hears_of_a_change()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        (await other.Scripts.FindAsync(_account, None)).Value.Scripts.ShouldBeEmpty();
        await _node.Scripts.PutAsync(_account, One, Keep, None);
        await _node.Scripts.ActivateAsync(_account, One, None);
        await Eventually.WaitAsync(async () => (await other.Scripts.FindAsync(_account, None)).Value.Active?.Name == One);
        (await other.Scripts.ListAsync(_account, None)).Value.Active!.Name.ShouldBe(One);
    }

    [Fact]
    public async Task Errors_are_values()
    {
        (await _node.Scripts.GetAsync(_account, One, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Scripts.ActivateAsync(_account, One, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Scripts.DeleteAsync(_account, One, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Scripts.RenameAsync(_account, One, Two, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Scripts.PutAsync(_account, One, default, None)).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await _node.Scripts.PutAsync(new AccountId(987654), One, Keep, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Scripts.PutAsync(_account, One, new byte[_node.SieveOptions.MaxScriptSize.Bytes + 1], None)).Error!.Code.ShouldBe(MailErrorCode.TooBig);
        await _node.Scripts.PutAsync(_account, One, Keep, None);
        await _node.Scripts.ActivateAsync(_account, One, None);
        (await _node.Scripts.DeleteAsync(_account, One, None)).Error!.Code.ShouldBe(MailErrorCode.InUse);
        (await _node.Scripts.RenameAsync(_account, One, Two, None)).IsOk.ShouldBeTrue();
        (await _node.Scripts.ListAsync(_account, None)).Value.Active!.Name.ShouldBe(Two);
        (await _node.Scripts.ActivateAsync(_account, null, None)).IsOk.ShouldBeTrue();
        (await _node.Scripts.DeleteAsync(_account, Two, None)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task The_database_allows_one_active_script()
    {
        await _node.Scripts.PutAsync(_account, One, Keep, None);
        await _node.Scripts.PutAsync(_account, Two, Keep, None);
        await using var command = _node.Database.Write.CreateCommand("UPDATE sieve_scripts SET is_active = true");
        (await Should.ThrowAsync<Npgsql.PostgresException>(() => command.ExecuteNonQueryAsync())).SqlState.ShouldBe("23505");
    }

    [Fact]
    public async Task Vacation_answers_once_in_its_period_whoever_asks()
    {
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var week = TimeSpan.FromDays(7);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            AnswerAsync(i % 2 == 0 ? _node : other, "h", "Ada@Example.org", week)));
        answers.Count(static answer => answer.Value).ShouldBe(1);
        (await AnswerAsync(_node, "h", "ada@example.org", week)).Value.ShouldBeFalse();
        (await AnswerAsync(_node, "other handle", "ada@example.org", week)).Value.ShouldBeTrue();
        (await AnswerAsync(_node, "h", "bob@example.org", week)).Value.ShouldBeTrue();
        (await AnswerAsync(_node, "h", "ada@example.org", TimeSpan.Zero)).Value.ShouldBeTrue();
        await _node.SieveHistory.ForgetAnswerAsync(_account, "h", "ada@example.org", None);
        (await AnswerAsync(_node, "h", "ada@example.org", TimeSpan.FromMilliseconds(1))).Value.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await AnswerAsync(other, "h", "ada@example.org", week)).Value);
    }

    [Fact]
    public async Task A_note_is_that_of_its_operation_for_a_day()
    {
        var week = TimeSpan.FromDays(7);
        (await AnswerAsync(_node, "h", "ada@example.org", week, "one")).Value.ShouldBeTrue();
        (await AnswerAsync(_node, "h", "ada@example.org", week, "one")).Value.ShouldBeTrue("the same message once more");
        (await AnswerAsync(_node, "h", "ada@example.org", week, "two")).Value.ShouldBeFalse();
        await using var age = _node.Database.Write.CreateCommand("UPDATE vacation_responses SET noted_at = noted_at - interval '2 days'");
        await age.ExecuteNonQueryAsync();
        (await AnswerAsync(_node, "h", "ada@example.org", week, "one")).Value.ShouldBeFalse();
    }

    [Fact]
    public async Task Duplicates_are_remembered_for_their_lifetime_and_then_cleared_away()
    {
        (await _node.SieveHistory.IsDuplicateAsync(_account, "", "<1@example.org>", None)).Value.ShouldBeFalse();
        SieveDuplicateMark[] marks =
        [
            new("", "<1@example.org>", TimeSpan.FromDays(1)), new("", "<1@example.org>", TimeSpan.FromDays(2)), new("h", "<2@example.org>", TimeSpan.FromMilliseconds(1)),
        ];
        (await _node.SieveHistory.MarkAsync(_account, marks, None)).IsOk.ShouldBeTrue();
        (await _node.SieveHistory.IsDuplicateAsync(_account, "", "<1@example.org>", None)).Value.ShouldBeTrue();
        (await _node.SieveHistory.IsDuplicateAsync(_account, "h", "<1@example.org>", None)).Value.ShouldBeFalse();
        await AnswerAsync(_node, "h", "ada@example.org", TimeSpan.FromMilliseconds(1));
        await Eventually.WaitAsync(async () => !(await _node.SieveHistory.IsDuplicateAsync(_account, "h", "<2@example.org>", None)).Value);
        var store = new Sora.Mailstore.Storage.SieveStore(_node.Database.Write);
        var gone = 0L;
        await Eventually.WaitAsync(async () => (gone += await store.TrimHistoryAsync(100, None)) == 2);
        (await _node.SieveHistory.IsDuplicateAsync(_account, "", "<1@example.org>", None)).Value.ShouldBeTrue();
    }

    [Fact]
    public async Task The_log_keeps_the_newest_entries_and_takes_any_text()
    {
        _node.SieveOptions.MaxLogEntries = 3;
        var at = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        for (var i = 1; i <= 5; i++)
            (await _node.SieveHistory.AddAsync(_account, [new SieveLogEntry(at.AddMinutes(i), "main", i, "<1@x>", $"error {i}")], None)).IsOk.ShouldBeTrue();
        var entries = (await _node.SieveHistory.ListAsync(_account, 10, None)).Value;
        entries.Select(static entry => entry.Line).ShouldBe([5, 4, 3]);
        entries[0].ShouldBe(new SieveLogEntry(at.AddMinutes(5), "main", 5, "<1@x>", "error 5"));
        var odd = new SieveLogEntry(at, "s", 0, "a\0b\udc80", new StringBuilder().Append('x', 5000).ToString());
        (await _node.SieveHistory.AddAsync(_account, [odd], None)).IsOk.ShouldBeTrue();
        var kept = (await _node.SieveHistory.ListAsync(_account, 1, None)).Value.Single();
        kept.MessageId.ShouldBe("a b\ufffd");
        kept.Text.Length.ShouldBe(2000);
    }

    private Task<MailResult<bool>> AnswerAsync(MailstoreNode node, string handle, string sender, TimeSpan period, string? operation = null) =>
        node.SieveHistory.TryAnswerAsync(_account, handle, sender, operation ?? Guid.NewGuid().ToString(), period, None);
}
