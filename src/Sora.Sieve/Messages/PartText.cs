using System.Buffers;
using Sora.Mime;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Messages;

/// <summary>
/// The contents of parts as text: transfer-decoded and in Unicode. What was read is kept with the message, so that many tests read it once.
/// </summary>
internal sealed class PartText(SieveMessage message)
{
    private const int ReadSize = 32 * 1024;

    private readonly Dictionary<(long Start, long End, PartForm Form), SieveValue> _known = [];
    private long _bytes;

    /// <summary>A part's content; of HTML with <see cref="PartForm.Plain"/> the text alone.</summary>
    public ValueTask<SieveValue> GetAsync(SieveRun run, MimePart part, PartForm form) =>
        _known.TryGetValue((part.BodyStart, part.End, form), out var known) ? new(known) : ReadAsync(run, part, form);

    /// <summary>Bytes of the message as they are.</summary>
    public async ValueTask<SieveValue> GetRawAsync(SieveRun run, long start, long end)
    {
        if (_known.TryGetValue((start, end, PartForm.Raw), out var known))
            return known;
        var bytes = ArrayPool<byte>.Shared.Rent(Room(run, start, end));
        try
        {
            var count = await FillAsync(run, start, bytes.AsMemory(0, Room(run, start, end)));
            return Keep((start, end, PartForm.Raw), SieveText.Decode(bytes.AsSpan(0, count)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private async ValueTask<SieveValue> ReadAsync(SieveRun run, MimePart part, PartForm form)
    {
        var isHtml = form == PartForm.Plain && TextExtractor.IsHtml(part);
        var room = Room(run, part.BodyStart, part.End);
        var bytes = ArrayPool<byte>.Shared.Rent(isHtml ? Math.Min(room, ReadSize) : room);
        try
        {
            return Keep((part.BodyStart, part.End, form), isHtml
                ? await ReadHtmlAsync(run, part, room, bytes)
                : Decode(part, form, bytes.AsSpan(0, await FillAsync(run, part.BodyStart, bytes.AsMemory(0, room)))));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private async ValueTask<string> ReadHtmlAsync(SieveRun run, MimePart part, int room, byte[] buffer)
    {
        using var extractor = new TextExtractor(part, run.Limits.MaxPartSize);
        for (var at = 0; at < room;)
        {
            var count = await FillAsync(run, part.BodyStart + at, buffer.AsMemory(0, Math.Min(room - at, buffer.Length)));
            if (count == 0)
                break;
            extractor.Write(buffer.AsSpan(0, count));
            at += count;
        }

        return extractor.CompleteText();
    }

    private static string Decode(MimePart part, PartForm form, ReadOnlySpan<byte> raw)
    {
        var bytes = raw;
        var encoding = TransferDecoder.Parse(part.Encoding);
        if (encoding is not (TransferEncoding.Identity or TransferEncoding.Unknown))
        {
            var decoded = new ArrayBufferWriter<byte>(Math.Max(raw.Length, 1));
            TransferDecoder.TryDecode(raw, encoding, decoded);
            bytes = decoded.WrittenSpan;
        }

        return part.IsText || form == PartForm.Plain ? Decode(part, bytes) : SieveText.Decode(bytes);
    }

    private static string Decode(MimePart part, ReadOnlySpan<byte> bytes) =>
        ParameterDecoder.Find(part.Parameters, "charset") is { } name && !name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase) && Charsets.TryGet(name, out var charset)
            ? charset.GetString(bytes)
            : Charsets.DecodeUnlabelled(bytes);

    private SieveValue Keep((long Start, long End, PartForm Form) key, string text)
    {
        var value = new SieveValue(text);
        _known[key] = value;
        return value;
    }

    /// <summary>So many bytes can still be read in this run.</summary>
    public bool HasRoom(SieveRun run, long bytes) => _bytes + bytes <= run.Limits.MaxBodyBytes;

    // No more is read than the limits allow: what comes behind them is not seen
    private int Room(SieveRun run, long start, long end) =>
        (int)Math.Max(0, Math.Min(end - start, Math.Min(run.Limits.MaxPartSize, run.Limits.MaxBodyBytes - _bytes)));

    // Fills the destination, unless the message ends before
    private async ValueTask<int> FillAsync(SieveRun run, long start, Memory<byte> destination)
    {
        var filled = 0;
        while (filled < destination.Length)
        {
            var count = await message.ReadAsync(start + filled, destination.Slice(filled, Math.Min(destination.Length - filled, ReadSize)), run.CancellationToken);
            if (count == 0)
                break;
            run.Spend(count, 1);
            filled += count;
            _bytes += count;
        }

        return filled;
    }
}

/// <summary>What is made of a part's bytes.</summary>
internal enum PartForm : byte
{
    /// <summary>The bytes as they are.</summary>
    Raw,

    /// <summary>Decoded (RFC 5173 section 5.2).</summary>
    Content,

    /// <summary>Decoded, and HTML without its marks (RFC 5173 section 5.3).</summary>
    Plain,
}
