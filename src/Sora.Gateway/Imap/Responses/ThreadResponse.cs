using Sora.Gateway.Imap.Threading;
using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>The THREAD response (RFC 5256 section 4).</summary>
internal static class ThreadResponse
{
    private const int Close = -1;

    /// <param name="numbers">Sequence number or UID of each message of the forest.</param>
    public static async ValueTask WriteAsync(ImapConnection connection, ThreadForest forest, uint[] numbers)
    {
        var writer = connection.Writer;
        connection.IsInResponse = true;
        writer.Raw("* THREAD"u8);
        if (forest.Roots.Length > 0)
            writer.Space();
        // Threads can be as deep as the mailbox has messages, so what is open waits on a stack of its own
        var waiting = new Stack<int>();
        foreach (var root in forest.Roots)
        {
            waiting.Push(root);
            while (waiting.Count > 0)
            {
                Write(writer, forest, numbers, waiting);
                if (writer.ShouldFlush)
                    await writer.FlushAsync().ConfigureAwait(false);
            }
        }

        writer.Crlf();
        connection.IsInResponse = false;
    }

    // thread = "(" (thread-members / thread-nested) ")"
    private static void Write(ImapWriter writer, ThreadForest forest, uint[] numbers, Stack<int> waiting)
    {
        while (waiting.Count > 0 && !writer.ShouldFlush)
        {
            var node = waiting.Pop();
            if (node == Close)
            {
                writer.Raw(")"u8);
                continue;
            }

            writer.Raw("("u8);
            waiting.Push(Close);
            var isFirst = true;
            ReadOnlySpan<int> children;
            while (true)
            {
                if (node < forest.Messages)
                {
                    if (!isFirst)
                        writer.Space();
                    writer.Number(numbers[node]);
                    isFirst = false;
                }

                children = forest.ChildrenOf(node);
                if (children.Length != 1)
                    break;
                node = children[0];
            }

            if (children.Length > 0 && !isFirst)
                writer.Space();
            for (var i = children.Length - 1; i >= 0; i--)
                waiting.Push(children[i]);
        }
    }
}
