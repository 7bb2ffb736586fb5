using System.Runtime.CompilerServices;
using Sora.Contracts;

namespace Sora.Relay;

/// <summary>The message went out of the queue while it was being read: an administrator deleted it, or somebody else sent it.</summary>
internal sealed class MessageGoneException() : Exception("The message is not in the queue any more");

/// <summary>Reads a message of the queue, one piece in memory at a time.</summary>
internal static class QueuedMessage
{
    /// <summary>All of its pieces. Half a message is none: whoever sends it must not end it as if it were whole.</summary>
    /// <exception cref="MessageGoneException">There is no more of it.</exception>
    public static async IAsyncEnumerable<byte[]> ReadAsync(IRelayQueue queue, RelayWork work, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var left = work.Size;
        for (var number = 0; left > 0; number++)
        {
            var piece = await queue.ReadAsync(work.Message, number, cancellationToken) ?? throw new MessageGoneException();
            left -= piece.Length;
            yield return piece;
        }
    }
}
