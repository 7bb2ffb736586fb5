using System.Text;
using Sora.Contracts;
using Sora.Gateway.Imap.Threading;

namespace Sora.Gateway.Tests.Imap;

/// <summary>Threads of messages that are only keys: ids are small numbers, dates are given or the message's number.</summary>
public sealed class ThreadingTests
{
    [Theory]
    // One chain, whatever order it comes in
    [InlineData("1:; 2:1; 3:1,2", "(1 2 3)")]
    [InlineData("3:1,2; 2:1; 1:", "(3 2 1)")]
    // Children of one message
    [InlineData("1:; 2:1; 3:1; 4:1,2", "(1 (2 4)(3))")]
    // A parent that is not there holds its children together, unless it has only one
    [InlineData("2:1; 3:1", "((1)(2))")]
    [InlineData("2:1", "(1)")]
    // Missing messages in between go
    [InlineData("1:; 4:1,2,3; 5:1,2", "(1 (2)(3))")]
    // References that make a ring
    [InlineData("1:2; 2:1", "(2 1)")]
    [InlineData("1:3; 2:1; 3:2", "(3 1 2)")]
    [InlineData("1:1", "(1)")]
    // What others say of a message's parent gives way to its own last reference
    [InlineData("1:; 2:; 3:1,4; 4:2", "(1)(2 4 3)")]
    [InlineData("1:; 3:1,2; 2:", "(1)(3 2)")]
    // A second message with the same id has none
    [InlineData("1:; 1:; 2:1", "(2)(1 3)")]
    [InlineData("0:; 0:; 0:1", "(1)(2)(3)")]
    public void Refs(string mailbox, string expected) => Thread(mailbox, ThreadAlgorithm.Refs).ShouldBe(expected);

    [Theory]
    [InlineData("1: s; 2: Re s; 3: t", "(1 2)(3)")]
    // Two messages that both are no reply become siblings, and so do two replies
    [InlineData("1: s; 2: s", "((1)(2))")]
    [InlineData("1: Re s; 2: Re s; 3: Re s", "((1)(2)(3))")]
    // The message that is no reply becomes the parent, also when it came later
    [InlineData("1: Re s; 2: s", "(2 1)")]
    // Below a dummy
    [InlineData("2:1 s; 3:1 s; 4: Re s", "((1)(2)(3))")]
    [InlineData("2:1 s; 3:1 s; 5:4 s; 6:4 s", "((1)(2)(3)(4))")]
    // Without a subject nothing is merged
    [InlineData("1:; 2:", "(1)(2)")]
    // By subject only whole threads are merged
    [InlineData("1: s; 2:1 t; 3: t", "(1 2)(3)")]
    public void References(string mailbox, string expected) => Thread(mailbox, ThreadAlgorithm.References).ShouldBe(expected);

    [Theory]
    [InlineData("1: s; 2: t; 3: Re s; 4: s", "(1 (3)(4))(2)")]
    [InlineData("1: s; 2: s", "(1 2)")]
    [InlineData("1:; 2:", "(1 2)")]
    public void Ordered_subject(string mailbox, string expected) => Thread(mailbox, ThreadAlgorithm.OrderedSubject).ShouldBe(expected);

    [Fact]
    public void Refs_sorts_threads_by_their_newest_arrival_and_siblings_by_sent_date()
    {
        var keys = Keys("1:; 2:; 3:1; 4:1");
        long[] sent = [10, 20, 40, 30];
        long[] arrived = [1, 2, 9, 3];
        Text(MessageThreader.Thread(keys, sent, arrived, ThreadAlgorithm.Refs, default)).ShouldBe("(2)(1 (4)(3))");
        Text(MessageThreader.Thread(keys, sent, arrived, ThreadAlgorithm.References, default)).ShouldBe("(1 (4)(3))(2)");
    }

    [Fact]
    public void Random_mailboxes_are_threaded_as_the_RFC_says_step_by_step()
    {
        var random = new Random(5256);
        for (var round = 0; round < 3000; round++)
        {
            var count = random.Next(1, 14);
            var ids = new ulong[count];
            var references = new ulong[count][];
            var subjects = new string[count];
            var replies = new bool[count];
            var dates = new long[count];
            for (var i = 0; i < count; i++)
            {
                ids[i] = (ulong)random.Next(0, count + 3);
                references[i] = Enumerable.Range(0, random.Next(4)).Select(_ => (ulong)random.Next(1, count + 4)).ToArray();
                subjects[i] = random.Next(3) == 0 ? "" : "s" + random.Next(4);
                replies[i] = random.Next(2) == 0;
                dates[i] = random.Next(6);
            }

            var keys = new MessageKeys { MessageIds = ids, References = references, Subjects = subjects, AreReplies = replies };
            var expected = new StepwiseReferences(keys, dates).Run();
            Text(MessageThreader.Thread(keys, dates, dates, ThreadAlgorithm.References, default)).ShouldBe(expected, $"round {round}");
        }
    }

    [Fact]
    public void Long_chains_and_hostile_references_take_linear_time_and_no_stack()
    {
        const int Count = 100_000;
        var ids = new ulong[Count];
        var forward = new ulong[Count][];
        var backward = new ulong[Count][];
        for (var i = 0; i < Count; i++)
        {
            ids[i] = (ulong)i + 1;
            forward[i] = i == 0 ? [] : [(ulong)i];
            backward[i] = i == Count - 1 ? [] : [(ulong)i + 2];
        }

        foreach (var references in new[] { forward, backward })
        {
            var keys = new MessageKeys { MessageIds = ids, References = references };
            var dates = new long[Count];
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var forest = MessageThreader.Thread(keys, dates, dates, ThreadAlgorithm.Refs, limit.Token);
            forest.Roots.Length.ShouldBe(1);
        }
    }

    private static string Thread(string mailbox, ThreadAlgorithm algorithm)
    {
        var keys = Keys(mailbox);
        var dates = Enumerable.Range(1, keys.MessageIds.Length).Select(static number => (long)number).ToArray();
        return Text(MessageThreader.Thread(keys, dates, dates, algorithm, default));
    }

    // "id:references subject; …"
    private static MessageKeys Keys(string mailbox)
    {
        var messages = mailbox.Split(';', StringSplitOptions.TrimEntries).Select(static text => text.Split(':')).ToArray();
        var subjects = Array.ConvertAll(messages, static fields => fields[1].Contains(' ') ? fields[1][(fields[1].IndexOf(' ') + 1)..] : "");
        return new MessageKeys
        {
            MessageIds = Array.ConvertAll(messages, static fields => ulong.Parse(fields[0], null)),
            References = Array.ConvertAll(
                messages, static fields => fields[1].Split(' ')[0].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(id => ulong.Parse(id, null)).ToArray()),
            Subjects = Array.ConvertAll(subjects, static subject => subject.Replace("Re ", "", StringComparison.Ordinal)),
            AreReplies = Array.ConvertAll(subjects, static subject => subject.StartsWith("Re ", StringComparison.Ordinal)),
        };
    }

    private static string Text(ThreadForest forest)
    {
        var text = new StringBuilder();
        foreach (var root in forest.Roots)
            Append(root);
        return text.ToString();

        void Append(int node)
        {
            text.Append('(');
            var members = new List<string>();
            while (true)
            {
                if (node < forest.Messages)
                    members.Add($"{node + 1}");
                if (forest.ChildrenOf(node).Length != 1)
                    break;
                node = forest.ChildrenOf(node)[0];
            }

            text.AppendJoin(' ', members);
            if (forest.ChildrenOf(node).Length > 0 && members.Count > 0)
                text.Append(' ');
            foreach (var child in forest.ChildrenOf(node).ToArray())
                Append(child);
            text.Append(')');
        }
    }
}
