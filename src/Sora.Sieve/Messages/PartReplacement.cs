using System.Buffers;
using System.Text;
using Sora.Mime;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Messages;

/// <summary>Puts others in the place of parts (RFC 5703 section 5). "The change takes effect immediately": what is looked at afterwards, in loops too, is the changed message.</summary>
internal static class PartReplacement
{
    /// <summary>Puts whole entities in place of parts that are not the message itself, nor inside each other, in the order of the message.</summary>
    public static async ValueTask ReplaceAsync(SieveRun run, List<(MimePart Part, byte[] Entity)> replacements)
    {
        var body = new ArrayBufferWriter<byte>();
        var at = run.Message.Root.BodyStart;
        foreach (var (part, entity) in replacements)
        {
            await CopyAsync(run, at, part.HeaderStart, body);
            body.Write(entity);
            at = part.End;
        }

        await CopyAsync(run, at, run.Message.Size, body);
        if (body.WrittenCount > run.Limits.MaxNewMessageSize)
            throw TooLarge(run);
        Use(run, new SieveNewMessage(run.Headers.ToBytes(), body.WrittenMemory), [.. replacements.Select(static replacement => replacement.Part)]);
    }

    /// <summary>Makes another message of the whole one.</summary>
    public static void ReplaceRoot(SieveRun run, SieveNewMessage message) => Use(run, message, [run.Message.Root]);

    /// <summary>Makes an enclosing message of the whole one.</summary>
    public static void Enclose(SieveRun run, SieveNewMessage message)
    {
        var root = run.Message.Root;
        NewMessage.Use(run, message);
        run.State<PartLoops>().Enclose(root, run.Message.Root);
    }

    /// <summary>A text entity that no boundary of the message stands in.</summary>
    public static byte[] TextEntity(SieveRun run, string text, string subtype = "plain")
    {
        var entity = NewMessage.TextEntity(text, subtype);
        return Array.Exists(Boundaries(run.Message.Root), boundary => entity.AsSpan().IndexOf(boundary) >= 0) ? NewMessage.TextEntity(text, subtype, isEncoded: true) : entity;
    }

    private static byte[][] Boundaries(MimePart root) =>
    [
        .. MimeParts.Below(root).Prepend(root).Where(static part => part.IsMultipart)
            .Select(static part => ParameterDecoder.Find(part.Parameters, "boundary")).OfType<string>().Select(static boundary => Encoding.Latin1.GetBytes($"\n--{boundary}")),
    ];

    private static void Use(SieveRun run, SieveNewMessage message, MimePart[] replaced)
    {
        var root = run.Message.Root;
        NewMessage.Use(run, message);
        run.State<PartLoops>().Replace(root, replaced, run.Message.Root);
    }

    private static SieveRuntimeException TooLarge(SieveRun run) => new($"A changed message is larger than {run.Limits.MaxNewMessageSize} bytes");

    private static async ValueTask CopyAsync(SieveRun run, long from, long to, ArrayBufferWriter<byte> output)
    {
        if (output.WrittenCount + (to - from) > run.Limits.MaxNewMessageSize)
            throw TooLarge(run);
        while (from < to)
        {
            var room = output.GetMemory((int)Math.Min(to - from, 32 * 1024));
            var count = await run.Message.ReadAsync(from, room[..(int)Math.Min(room.Length, to - from)], run.CancellationToken);
            if (count == 0)
                return;
            run.Spend(count, 4);
            output.Advance(count);
            from += count;
        }
    }
}
