using Sora.Contracts;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Mailboxes;

/// <summary>What a change of flags is answered with: which flags of which messages it has changed, itself and nobody else.</summary>
public sealed class ChangedFlagsTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _left = null!;
    private MailstoreNode _right = null!;
    private MailboxId _inbox;

    public async Task InitializeAsync()
    {
        _left = await MailstoreNode.StartAsync();
        _right = await MailstoreNode.StartAsync(_left.Address);
        _inbox = await MailstoreNode.IdAsync(await _left.CreateAccountAsync(), "INBOX");
    }

    public async Task DisposeAsync()
    {
        await _left.DisposeAsync();
        await _right.DisposeAsync();
    }

    [Fact]
    public async Task Messages_are_told_by_what_has_changed_about_them()
    {
        var mailbox = _left.Mailboxes.Get(_inbox);
        await MailboxTests.AppendAsync(mailbox, 5);
        await MailboxTests.StoreAsync(mailbox, UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
        await MailboxTests.StoreAsync(mailbox, UidSet.Of(4, 5), StoreMode.Add, FlagSet.Of(SystemFlags.Flagged, "$Work"));
        (await ToldAsync(UidSet.All, StoreMode.Add, FlagSet.Of(SystemFlags.Seen, "$work"))).ShouldBe("1,3: Seen $Work; 2: None $Work; 4:5: Seen");
        (await ToldAsync(UidSet.Range(1, 4), StoreMode.Replace, FlagSet.Of(SystemFlags.Seen))).ShouldBe("1:3: None $Work; 4: Flagged $Work");
        (await ToldAsync(UidSet.All, StoreMode.Remove, FlagSet.Of(SystemFlags.Seen | SystemFlags.Draft, "$none"))).ShouldBe("1:5: Seen");
        (await ToldAsync(UidSet.All, StoreMode.Remove, FlagSet.Of(SystemFlags.Seen))).ShouldBe("");
        (await ToldAsync(UidSet.Of(9), StoreMode.Add, FlagSet.Of(SystemFlags.Seen))).ShouldBe("");
    }

    [Fact]
    public async Task What_the_request_spares_is_not_told()
    {
        var mailbox = _left.Mailboxes.Get(_inbox);
        var appended = (await MailboxTests.AppendAsync(mailbox, 3)).Value;
        await MailboxTests.StoreAsync(mailbox, UidSet.Of(2), StoreMode.Add, FlagSet.Of(SystemFlags.Flagged));
        var conditional = new StoreRequest(OperationId.New(), UidSet.All, StoreMode.Add, FlagSet.Of(SystemFlags.Seen), appended.ModSeq, TellChanges: true);
        Show((await mailbox.StoreAsync(conditional, None)).Value).ShouldBe("1,3: Seen");
        var seenOnly = new StoreRequest(OperationId.New(), UidSet.All, StoreMode.Replace, FlagSet.Empty, FlagRights: Rights.KeepSeen, TellChanges: true);
        Show((await mailbox.StoreAsync(seenOnly, None)).Value).ShouldBe("1,3: Seen");
        var unasked = new StoreRequest(OperationId.New(), UidSet.All, StoreMode.Add, FlagSet.Of(SystemFlags.Answered));
        (await mailbox.StoreAsync(unasked, None)).Value.Changes.ShouldBeEmpty();
    }

    // Who asks again, after the answer was lost, is not told that it has happened again
    [Fact]
    public async Task A_request_that_is_sent_again_has_changed_nothing_more()
    {
        await MailboxTests.AppendAsync(_left.Mailboxes.Get(_inbox), 1);
        var request = new StoreRequest(OperationId.New(), UidSet.All, StoreMode.Add, FlagSet.Of(SystemFlags.Seen), TellChanges: true);
        Show((await _left.Mailboxes.Get(_inbox).StoreAsync(request, None)).Value).ShouldBe("1: Seen");
        Show((await _right.Mailboxes.Get(_inbox).StoreAsync(request, None)).Value).ShouldBe("");
    }

    // In one record, and from two processes that race for the numbers of records
    [Fact]
    public async Task Of_those_that_set_a_flag_at_once_one_has_changed_it()
    {
        const int Messages = 40;
        IMailbox[] writers = [_left.Mailboxes.Get(_inbox), _right.Mailboxes.Get(_inbox)];
        await MailboxTests.AppendAsync(writers[0], Messages);
        await MailboxTests.IndexAsync(writers[1]);
        var told = new Dictionary<uint, int>();
        for (uint uid = 1; uid <= Messages; uid++)
        {
            var request = new StoreRequest(OperationId.None, UidSet.Of(uid), StoreMode.Add, FlagSet.Of(SystemFlags.Flagged), TellChanges: true);
            var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => writers[i % 2].StoreAsync(request with { Operation = OperationId.New() }, None)));
            told[uid] = answers.Sum(static answer => answer.Value.Changes.Count);
        }

        told.Values.ShouldAllBe(static times => times == 1);
    }

    private async Task<string> ToldAsync(UidSet uids, StoreMode mode, FlagSet flags) =>
        Show((await _left.Mailboxes.Get(_inbox).StoreAsync(new StoreRequest(OperationId.New(), uids, mode, flags, TellChanges: true), None)).Value);

    private static string Show(StoreResult result) => string.Join(
        "; ", result.Changes.Select(static change => string.Join(' ', [$"{change.Uids}: {change.Flags.System}", .. change.Flags.Keywords])).Order(StringComparer.Ordinal));
}
