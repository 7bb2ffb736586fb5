using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Bodies;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Tests.Mailboxes;

/// <summary>A message whose body travels with the commit, without the intake in front.</summary>
internal sealed class TestMessage : StagedMessage
{
    public static AppendMessage Append(string text = "Subject: test\r\n\r\nbody\r\n", FlagSet? flags = null)
    {
        var body = Encoding.UTF8.GetBytes(text);
        Span<byte> hash = stackalloc byte[32];
        Blake3Hasher.Hash(body, hash);
        var message = new TestMessage
        {
            Hash = ContentHash.From(hash),
            Size = body.Length,
            Header = body,
            HeaderTruncated = false,
            Envelope = new byte[] { 1 },
            Structure = new byte[] { 1 },
            Body = body,
        };
        return new AppendMessage(message, default, flags ?? FlagSet.Empty, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
