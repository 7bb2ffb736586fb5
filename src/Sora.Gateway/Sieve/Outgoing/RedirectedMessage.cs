using System.Buffers;
using Sora.Contracts;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Gateway.Sieve.Outgoing;

/// <summary>
/// A message as redirect sends it: unchanged (RFC 5228 section 4.2) but for the trace fields, of which Delivered-To ends a circle when the message comes here again.
/// Return-Path belongs to final delivery, and so does not leave (RFC 5321 section 4.4).
/// </summary>
internal static class RedirectedMessage
{
    /// <summary>Fields as they leave, without the empty line behind them.</summary>
    /// <param name="fields">This host's trace fields, or the header that a script has made of them and the message's own.</param>
    public static ReadOnlyMemory<byte> Fields(ReadOnlySpan<byte> fields)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(fields.Length, 1));
        var hasSeenOwn = false;
        foreach (var field in HeaderFields.Enumerate(fields))
        {
            // Others were in the message before
            if (!hasSeenOwn && field.IsNamed("Return-Path"u8))
                hasSeenOwn = true;
            else
                output.Write(field.Raw);
        }

        return output.WrittenMemory;
    }

    /// <summary>Reads on in what comes behind the header.</summary>
    public static RelayReader Body(SieveMessage message, long start)
    {
        var at = start;
        return async (buffer, cancellationToken) =>
        {
            var count = await message.ReadAsync(at, buffer, cancellationToken);
            at += count;
            return count;
        };
    }

    /// <summary>Reads bytes in memory.</summary>
    public static RelayReader Body(ReadOnlyMemory<byte> body)
    {
        var rest = body;
        return (buffer, _) =>
        {
            var count = Math.Min(rest.Length, buffer.Length);
            rest[..count].CopyTo(buffer);
            rest = rest[count..];
            return new(count);
        };
    }
}
