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
        var bytes = new ArrayBufferWriter<byte>(Capacity(run, start, end));
        await CopyAsync(run, start, end, bytes, null);
        return Keep((start, end, PartForm.Raw), SieveText.Decode(bytes.WrittenSpan));
    }

    private async ValueTask<SieveValue> ReadAsync(SieveRun run, MimePart part, PartForm form)
    {
        if (form == PartForm.Plain && (part.Is("text", "html") || part.Is("text", "xhtml") || part.Is("application", "xhtml+xml")))
        {
            var text = new ArrayBufferWriter<char>();
            var extractor = new TextExtractor(part, text, run.Limits.MaxPartSize);
            await CopyAsync(run, part.BodyStart, part.End, null, extractor);
            extractor.Complete();
            return Keep((part.BodyStart, part.End, form), text.WrittenSpan.ToString());
        }

        var raw = new ArrayBufferWriter<byte>(Capacity(run, part.BodyStart, part.End));
        await CopyAsync(run, part.BodyStart, part.End, raw, null);
        var decoded = new ArrayBufferWriter<byte>(Math.Max(raw.WrittenCount, 1));
        if (!TransferDecoder.TryDecode(raw.WrittenSpan, TransferDecoder.Parse(part.Encoding), decoded))
            decoded = raw;
        return Keep((part.BodyStart, part.End, form), part.IsText || form == PartForm.Plain ? Decode(part, decoded.WrittenSpan) : SieveText.Decode(decoded.WrittenSpan));
    }

    private static string Decode(MimePart part, ReadOnlySpan<byte> bytes) =>
        ParameterDecoder.Find(part.Parameters, "charset") is { } name && !name.Equals("us-ascii", StringComparison.OrdinalIgnoreCase) && Charsets.TryGet(name, out var charset)
            ? charset.GetString(bytes)
            : Charsets.DecodeUnlabelled(bytes);

    private static int Capacity(SieveRun run, long start, long end) => (int)Math.Clamp(end - start, 1, Math.Max(run.Limits.MaxPartSize, 1));

    private SieveValue Keep((long Start, long End, PartForm Form) key, string text)
    {
        var value = new SieveValue(text);
        _known[key] = value;
        return value;
    }

    /// <summary>So many bytes can still be read in this run.</summary>
    public bool HasRoom(SieveRun run, long bytes) => _bytes + bytes <= run.Limits.MaxBodyBytes;

    // Reads no more than the limits allow: what comes behind them is not seen
    private async ValueTask CopyAsync(SieveRun run, long start, long end, ArrayBufferWriter<byte>? bytes, TextExtractor? extractor)
    {
        end = Math.Min(end, start + run.Limits.MaxPartSize);
        end = Math.Min(end, start + Math.Max(0, run.Limits.MaxBodyBytes - _bytes));
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            while (start < end)
            {
                var count = await message.ReadAsync(start, buffer.AsMemory(0, (int)Math.Min(end - start, ReadSize)), run.CancellationToken);
                if (count == 0)
                    break;
                run.Spend(count, 1);
                bytes?.Write(buffer.AsSpan(0, count));
                extractor?.Write(buffer.AsSpan(0, count));
                start += count;
                _bytes += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
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
