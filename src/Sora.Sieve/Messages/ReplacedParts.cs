using System.Buffers;
using Sora.Mime;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Messages;

/// <summary>
/// The parts of the message that <c>replace</c> has put others in place of (RFC 5703 section 5), while a loop still goes through the parts as they were.
/// </summary>
internal sealed class ReplacedParts
{
    private readonly SortedDictionary<long, (long End, byte[] Entity)> _parts = [];
    private SieveMessage? _of; // a script that is included in a loop has another message

    /// <summary>The part is inside one that was replaced, or was replaced itself.</summary>
    public bool IsInside(SieveRun run, MimePart part)
    {
        if (!ReferenceEquals(run.Message, _of))
            return false;
        foreach (var (start, (end, _)) in _parts)
            if (part.HeaderStart >= start && part.End <= end)
                return true;
        return false;
    }

    /// <summary>The whole message was replaced: nothing of it is gone through any more.</summary>
    public void ReplaceRoot(SieveRun run)
    {
        _of = run.Message;
        _parts[_of.Root.HeaderStart] = (_of.Root.End, []);
    }

    /// <summary>Puts a whole entity in place of a part that is not the message itself.</summary>
    public ValueTask ReplaceAsync(SieveRun run, MimePart part, byte[] entity) => ReplaceAsync(run, [(part, entity)]);

    /// <summary>Puts whole entities in place of parts that are not the message itself, nor inside each other.</summary>
    public async ValueTask ReplaceAsync(SieveRun run, List<(MimePart Part, byte[] Entity)> replacements)
    {
        _of = run.Message;
        foreach (var (part, entity) in replacements)
            _parts[part.HeaderStart] = (part.End, entity);
        var body = new ArrayBufferWriter<byte>();
        var at = run.Message.Root.BodyStart;
        foreach (var (start, (end, replacement)) in _parts)
        {
            await CopyAsync(run, at, start, body);
            body.Write(replacement);
            at = end;
        }

        await CopyAsync(run, at, run.Message.Size, body);
        run.NewMessage = new SieveNewMessage(run.Headers.ToBytes(), body.WrittenMemory);
    }

    /// <summary>Forgets what is not the message any more.</summary>
    public void Clear() => _parts.Clear();

    /// <summary>Makes the changed message the one that is looked at.</summary>
    public void Settle(SieveRun run)
    {
        if (_parts.Count == 0 || !ReferenceEquals(run.Message, _of))
            return;
        _parts.Clear();
        NewMessage.Use(run);
    }

    private static async ValueTask CopyAsync(SieveRun run, long from, long to, ArrayBufferWriter<byte> output)
    {
        if (output.WrittenCount + (to - from) > run.Limits.MaxNewMessageSize)
            throw new SieveRuntimeException($"A changed message is larger than {run.Limits.MaxNewMessageSize} bytes");
        while (from < to)
        {
            var room = output.GetMemory((int)Math.Min(to - from, 32 * 1024));
            var count = await run.Message.ReadAsync(from, room[..(int)Math.Min(room.Length, to - from)], run.CancellationToken);
            if (count == 0)
                return;
            run.Spend(count, 1);
            output.Advance(count);
            from += count;
        }
    }
}
