using Sora.Contracts;

namespace Sora.Contracts.Tests;

public sealed class UidSetTests
{
    [Theory]
    [InlineData(new uint[] { }, "")]
    [InlineData(new uint[] { 5 }, "5")]
    [InlineData(new uint[] { 3, 1, 2 }, "1:3")]
    [InlineData(new uint[] { 1, 2, 2, 4, 6, 7 }, "1:2,4,6:7")]
    public void Uids_become_ascending_ranges(uint[] uids, string expected) => UidSet.Of(uids).ToString().ShouldBe(expected);

    [Fact]
    public void Ranges_that_overlap_or_touch_are_joined() =>
        UidSet.Of([new UidRange(8, 9), new UidRange(1, 3), new UidRange(2, 5), new UidRange(6, 6), new UidRange(uint.MaxValue, uint.MaxValue)])
            .ToString().ShouldBe("1:6,8:9,4294967295");

    [Fact]
    public void Set_operations_agree_with_a_hash_set()
    {
        var random = new Random(1);
        for (var round = 0; round < 500; round++)
        {
            var left = Sample(random);
            var right = Sample(random);
            var (a, b) = (UidSet.Of([.. left]), UidSet.Of([.. right]));
            a.Union(b).ShouldBe(UidSet.Of([.. left.Union(right)]));
            a.Except(b).ShouldBe(UidSet.Of([.. left.Except(right)]));
            a.Intersect(b).ShouldBe(UidSet.Of([.. left.Intersect(right)]));
            a.Count.ShouldBe(left.Count);
            for (var uid = 1u; uid < 70; uid++)
                a.Contains(uid).ShouldBe(left.Contains(uid));
        }
    }

    [Fact]
    public void The_set_of_all_uids_can_be_cut()
    {
        UidSet.All.Except(UidSet.Of(5)).ToString().ShouldBe("1:4,6:4294967295");
        UidSet.All.Intersect(UidSet.Range(7, 9)).ToString().ShouldBe("7:9");
        UidSet.All.Except(UidSet.All).IsEmpty.ShouldBeTrue();
    }

    private static HashSet<uint> Sample(Random random) =>
        [.. Enumerable.Range(0, random.Next(30)).Select(_ => (uint)random.Next(1, 64))];
}
