#if ORLEANS
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Sora.Contracts;

namespace Sora.Contracts.Tests;

/// <summary>Each contract type there and back through Orleans' serializer, by its own type and by its name on the wire.</summary>
public sealed class SerializationTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    private static readonly OperationId Operation = new(ulong.MaxValue, 7);
    private static readonly UidSet Uids = UidSet.Of([new UidRange(1, 3), new UidRange(7, 7), new UidRange(4_000_000_000, uint.MaxValue)]);
    private static readonly FlagSet Flags = FlagSet.Of(SystemFlags.Seen | SystemFlags.Draft, "$Forwarded", "ünlaut");

    public static TheoryData<object> Values() =>
    [
        new AccountId(long.MaxValue),
        new MailboxId(3),
        new ContentId(-1),
        Uid.Max,
        new UidValidity(uint.MaxValue),
        new ModSeq(long.MaxValue),
        Operation,
        OperationId.None,
        new ContentHash(1, 2, 3, ulong.MaxValue),
        new UidRange(4, 9),
        Uids,
        UidSet.Empty,
        default(UidSet),
        UidSet.All,
        new MailError(MailErrorCode.OverQuota, "Mailbox is full"),
        default(Done),
        MailboxName.Inbox,
        default(MailboxName),
        Name("Müll/été"),
        new MailboxEntry(new MailboxId(1), Name("Trash"), new UidValidity(2), SpecialUse.Trash),
        new MailboxTotals(1, 2, 3, long.MaxValue, 5),
        new MailboxStatus(new MailboxId(1), new UidValidity(2), new Uid(3), new ModSeq(4), new MailboxTotals(5, 6, 7, 8, 9), 10),
        new AppendResult(new UidValidity(1), Uids, new ModSeq(2), Repeated: true),
        new StoreResult(new ModSeq(1), Uids),
        new ExpungeRequest(Operation, UidSet.All, OnlyDeleted: false),
        new ExpungeResult(new ModSeq(1), Uids),
        new CopyRequest(Operation, Uids, new MailboxId(9), Move: true),
        new CopyResult(new UidValidity(1), Uids, UidSet.Range(10, 14), new ModSeq(5), new ModSeq(6)),
        new GrantedMailbox(new MailboxId(1), Rights.All),
        new AccessEntry("anyone", IsNegative: true, Rights.Read),
        new AccessChange(new MailboxId(1), "user@example.com", IsNegative: false, AccessMode.Remove, Rights.Post),
        new CompletedOperation(Operation, Uids, UidSet.Of(4u), new UidValidity(5), 6, 7),
    ];

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_come_back_equal(object value)
    {
        CheckTyped(value);
        typeof(SerializationTests).GetMethod(nameof(CheckTyped), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .MakeGenericMethod(value.GetType()).Invoke(this, [value]);
    }

    [Fact]
    public void A_set_of_flags_keeps_its_keywords()
    {
        var request = RoundTrip(new StoreRequest(Operation, Uids, StoreMode.Remove, Flags, new ModSeq(8)));
        (request.Operation, request.Mode, request.UnchangedSince).ShouldBe((Operation, StoreMode.Remove, new ModSeq(8)));
        (request.Uids == Uids).ShouldBeTrue();
        request.Flags.System.ShouldBe(Flags.System);
        request.Flags.Keywords.ShouldBe(Flags.Keywords);
        RoundTrip(new StoreRequest(default, default, StoreMode.Replace, FlagSet.Empty)).UnchangedSince.ShouldBeNull();
    }

    [Fact]
    public void A_list_of_mailboxes_keeps_its_order()
    {
        var list = new MailboxList(
            12,
            [
                new MailboxEntry(new MailboxId(1), MailboxName.Inbox, new UidValidity(1), SpecialUse.None),
                new MailboxEntry(new MailboxId(2), Name("Sent"), new UidValidity(2), SpecialUse.Sent),
            ],
            [Name("gone")]);
        var back = RoundTrip(list);
        (back.Version, back.Mailboxes.Length).ShouldBe((12, 2));
        back.Mailboxes.ShouldBe(list.Mailboxes);
        back.Subscriptions.ShouldBe(list.Subscriptions);
        RoundTrip(new MailboxList(0, [], [])).Mailboxes.ShouldBeEmpty();
    }

    [Fact]
    public void Results_carry_a_value_or_an_error()
    {
        RoundTrip<MailResult<Uid>>(new Uid(5)).Value.ShouldBe(new Uid(5));
        (RoundTrip<MailResult<UidSet?>>((UidSet?)Uids).Value == Uids).ShouldBeTrue();
        RoundTrip<MailResult<UidSet?>>((UidSet?)null).Value.ShouldBeNull();
        RoundTrip<MailResult<StoreResult>>(new StoreResult(new ModSeq(1), Uids)).Value.Equals(new StoreResult(new ModSeq(1), Uids)).ShouldBeTrue();
        RoundTrip<MailResult<Done>>(default(Done)).IsOk.ShouldBeTrue();
        var error = RoundTrip<MailResult<MailboxEntry>>(MailError.NoSuchMailbox());
        error.Error.ShouldBe(MailError.NoSuchMailbox());
        RoundTrip((object)(MailResult<Uid>)new Uid(6)).ShouldBeOfType<MailResult<Uid>>().Value.ShouldBe(new Uid(6));
    }

    [Fact]
    public void A_delta_comes_back_whole()
    {
        var delta = Delta();
        MailboxDeltaCodec.Encode(RoundTrip(delta)).ShouldBe(MailboxDeltaCodec.Encode(delta));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(10_000)]
    public void An_index_comes_back_whole(int messages)
    {
        var index = Index(messages);
        CheckSame(RoundTrip(index), index);
    }

    [Fact]
    public void The_index_of_a_mailbox_that_is_gone_stays_ended() =>
        RoundTrip(MailboxIndex.Ended(new MailboxId(4))).IsEnded.ShouldBeTrue();

    [Fact]
    public void An_update_has_an_index_or_deltas()
    {
        var index = Index(5);
        var whole = RoundTrip<MailResult<MailboxUpdate>>(new MailboxUpdate(index, [])).Value;
        CheckSame(whole.Index.ShouldNotBeNull(), index);
        whole.Deltas.ShouldBeEmpty();

        // A collection expression of one element is of a type that only the compiler knows
        var deltas = RoundTrip(new MailboxUpdate(null, [Delta()]));
        deltas.Index.ShouldBeNull();
        MailboxDeltaCodec.Encode(deltas.Deltas.ShouldHaveSingleItem()).ShouldBe(MailboxDeltaCodec.Encode(Delta()));
    }

    [Fact]
    public void Calls_within_a_node_copy_nothing()
    {
        var update = new MailboxUpdate(Index(5), [Delta()]);
        Copy(update).ShouldBeSameAs(update);
        Copy(update.Index).ShouldBeSameAs(update.Index);
        Copy(update.Deltas[0]).ShouldBeSameAs(update.Deltas[0]);
        Copy<MailResult<MailboxUpdate>>(update).Value.ShouldBeSameAs(update);
    }

    [Fact]
    public void Damaged_bytes_are_an_error_and_not_another_state()
    {
        var serializer = _services.GetRequiredService<Serializer>();
        var bytes = serializer.SerializeToArray(Index(100));
        bytes[^20] ^= 0x40;
        Should.Throw<InvalidDataException>(() => serializer.Deserialize<MailboxIndex>(bytes));
    }

    public void Dispose() => _services.Dispose();

    private T RoundTrip<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }

    private T Copy<T>(T value) => _services.GetRequiredService<DeepCopier>().Copy(value)!;

    // Equals and not ShouldBe, which walks the UIDs of a set one by one
    private void CheckTyped<T>(T value)
        where T : notnull => RoundTrip(value).Equals(value).ShouldBeTrue($"{value}");

    private static MailboxName Name(string text) => MailboxName.Parse(text).Value;

    private static MailboxIndex Index(int messages) => MailboxIndex.Empty(new MailboxId(7), new UidValidity(8)).Apply(new MailboxDelta
    {
        ModSeq = new ModSeq(1),
        UidNext = (uint)messages + 1,
        FirstRecent = 2,
        Keywords = [new KeywordDefinition(0, "$Junk"), new KeywordDefinition(2, "later")],
        Appended = [.. Enumerable.Range(1, messages).Select(static uid =>
            new AppendedMessage((uint)uid, (ulong)uid % 7, 1_700_000_000 + uid, 1_700_000_100 + uid, (uint)uid * 3, new ContentId(uid * 11L)))],
    });

    private static MailboxDelta Delta() => new()
    {
        ModSeq = new ModSeq(2),
        UidNext = 12,
        FirstRecent = 11,
        Keywords = [new KeywordDefinition(1, "work")],
        Appended = [new AppendedMessage(11, FlagMask.Seen, 1, 2, 3, new ContentId(4))],
        FlagChanges = [new FlagChange(UidSet.Range(1, 5), FlagMask.Deleted, ulong.MaxValue)],
        Expunged = UidSet.Of(3u, 9u),
        Operations = [new CompletedOperation(Operation, Uids, UidSet.Empty, new UidValidity(1), 2, 3)],
    };

    private static void CheckSame(MailboxIndex actual, MailboxIndex expected)
    {
        (actual.Id, actual.UidValidity, actual.UidNext, actual.HighestModSeq, actual.FirstRecent, actual.Totals, actual.IsEnded)
            .ShouldBe((expected.Id, expected.UidValidity, expected.UidNext, expected.HighestModSeq, expected.FirstRecent, expected.Totals, expected.IsEnded));
        actual.Keywords.SlotCount.ShouldBe(expected.Keywords.SlotCount);
        actual.Keywords.IndexOf("later").ShouldBe(2);
        actual.Count.ShouldBe(expected.Count);
        for (var i = 0; i < expected.Count; i++)
            if (actual[i] != expected[i])
                actual[i].ShouldBe(expected[i]);
    }
}
#endif
