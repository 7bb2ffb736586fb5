namespace Sora.Contracts.Tests;

/// <summary>
/// Records and snapshots of mailboxes, byte for byte as they lie in databases: builds that are together in one cluster while it is upgraded must read what the other one wrote (docs/decisions/0057). What is
/// there now does not change; what is added stands behind it, or has a new version that is read for one release before it is written.
/// </summary>
public sealed class StoredFormTests
{
    private const string Record = "01010C0B0002000524576F726B0506244772C3BC6E0207810880C49FD50C8086F7840DD209E8070404FF83AF5F78630101010104020202020002000101000000000000000200000000000000010B000104054D0506010104008402010304244F6C64010200";
    private const string Header = "01000C010B060524576F726B0000000006244772C3BC6E0401039880ABA80C0101000000000000000200000000000000010B000104054D05061D5C52B9";
    private const string Chunk = "01020101070000000000000000030000010000000000000002000400000000000000FD030000040000105E5F0000000000E1F50500000000010180E14E6800000000003B020063000000000000006F0400000100F3010000000000000100";

    private static readonly MailboxDelta Delta = new()
    {
        ModSeq = new ModSeq(1),
        UidNext = 12,
        FirstRecent = 11,
        Keywords = [new KeywordDefinition(0, "$Work"), new KeywordDefinition(5, "$Grün")],
        Appended =
        [
            new AppendedMessage(7, FlagMask.Seen | FlagMask.OfKeyword(5), 1_700_000_000, 1_750_000_000, 1234, new ContentId(500)),
            new AppendedMessage(11, FlagMask.Flagged, 1_600_000_000, 1_750_000_060, 99, new ContentId(499)),
        ],
        FlagChanges = [new FlagChange(UidSet.Range(1, 5), FlagMask.Answered, FlagMask.Seen)],
        Expunged = UidSet.Of(2u, 4u),
        ExpungedFlags = [new ExpungedFlags(UidSet.Of(4u), FlagMask.Flagged | FlagMask.OfKeyword(3))],
        ExpungedKeywords = [new KeywordDefinition(3, "$Old")],
        Moved = UidSet.Of(2u),
        Operations = [new CompletedOperation(new OperationId(1, 2), UidSet.Of(11u), UidSet.Range(4, 9), new UidValidity(77), 5, 6)],
    };

    [Fact]
    public void A_record_is_what_it_was()
    {
        Convert.ToHexString(MailboxDeltaCodec.Encode(Delta)).ShouldBe(Record);
        var read = MailboxDeltaCodec.Decode(Convert.FromHexString(Record));
        (read.ModSeq, read.UidNext, read.FirstRecent, read.IsEnd).ShouldBe((Delta.ModSeq, Delta.UidNext, Delta.FirstRecent, false));
        read.Keywords.ShouldBe(Delta.Keywords);
        read.Appended.ShouldBe(Delta.Appended);
        read.FlagChanges.ShouldBe(Delta.FlagChanges);
        read.Expunged.ShouldBe(Delta.Expunged);
        read.ExpungedFlags.ShouldBe(Delta.ExpungedFlags);
        read.ExpungedKeywords.ShouldBe(Delta.ExpungedKeywords);
        read.Moved.ShouldBe(Delta.Moved);
        read.Operations.ShouldBe(Delta.Operations);
    }

    [Fact]
    public void A_snapshot_is_what_it_was()
    {
        var index = Index();
        var chunk = MailboxIndexCodec.EncodeChunk(index, 0);
        Convert.ToHexString(chunk).ShouldBe(Chunk);
        var header = new SnapshotHeader(index, [new SnapshotChunk(3, MailboxIndexCodec.Checksum(chunk))], 4, Delta.Operations);
        Convert.ToHexString(MailboxIndexCodec.EncodeHeader(header)).ShouldBe(Header);

        var read = MailboxIndexCodec.DecodeHeader(index.Id, index.UidValidity, Convert.FromHexString(Header));
        var reader = new SnapshotReader(read);
        reader.Add(3, Convert.FromHexString(Chunk));
        var result = reader.ToIndex();
        Enumerable.Range(0, result.Count).Select(position => result[position]).ShouldBe(Enumerable.Range(0, index.Count).Select(position => index[position]));
        (result.Count, result.UidNext, result.HighestModSeq, result.FirstRecent).ShouldBe((2, index.UidNext, index.HighestModSeq, index.FirstRecent));
        read.Operations.ShouldBe(Delta.Operations);
    }

    private static MailboxIndex Index() => MailboxIndex.Empty(new MailboxId(9), new UidValidity(77))
        .Apply(Delta with { FlagChanges = [], Expunged = UidSet.Empty, ExpungedFlags = [], ExpungedKeywords = [], Moved = UidSet.Empty });
}
