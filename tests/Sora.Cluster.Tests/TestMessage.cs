using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Cluster.Tests;

/// <summary>A message as a gateway has taken it in, whose body is to be staged with the commit.</summary>
internal sealed class TestMessage : StagedMessage
{
    /// <summary>A message with a number by which it is found again: its internal date.</summary>
    public static AppendMessage Append(int number, int size = 40, FlagSet? flags = null)
    {
        var body = Encoding.ASCII.GetBytes($"Subject: {number}\r\n\r\n".PadRight(size, '.'));
        Span<byte> hash = stackalloc byte[32];
        Blake3Hasher.Hash(body, hash);
        var message = new TestMessage
        {
            Hash = ContentHash.From(hash),
            Size = body.Length,
            Header = body.AsMemory(0, 16),
            HeaderTruncated = false,
            Envelope = new byte[] { 1 },
            Structure = new byte[] { 1 },
            Body = body,
        };
        return new AppendMessage(message, "X: y\r\n"u8.ToArray(), flags ?? FlagSet.Empty, DateTimeOffset.FromUnixTimeSeconds(number));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
