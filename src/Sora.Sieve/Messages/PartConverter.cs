using System.Buffers;
using System.Net;
using System.Text;
using Sora.Mime;
using Sora.Sieve.Runtime;

namespace Sora.Sieve.Messages;

/// <summary>
/// Converts parts of messages (RFC 6558): text/plain and text/html into each other, in UTF-8. Other conversions are "not available", which is no error.
/// </summary>
internal static class PartConverter
{
    private static readonly string[] Replaced = ["Content-Type", "Content-Transfer-Encoding", "Content-MD5", "Content-Length"];

    /// <summary>The part as a whole entity of the new type, its other header fields kept; null where it cannot be converted.</summary>
    public static async ValueTask<byte[]?> ConvertAsync(SieveRun run, MimePart part, string type, string[] parameters)
    {
        var isHtml = type.Equals("text/html", StringComparison.OrdinalIgnoreCase);
        var isKnown = isHtml || type.Equals("text/plain", StringComparison.OrdinalIgnoreCase);
        if (!isKnown || !(part.Is("text", "plain") || part.Is("text", "html")) || !Array.TrueForAll(parameters, IsKnown) || !IsReadable(run, part))
            return null;
        var text = (await run.Message.Texts.GetAsync(run, part, isHtml ? PartForm.Content : PartForm.Plain)).Text;
        run.Spend(text.Length, 4);
        if (isHtml && part.Is("text", "plain"))
            text = $"<!DOCTYPE html>\r\n<html><body><pre>{WebUtility.HtmlEncode(text)}</pre></body></html>\r\n";
        var entity = PartReplacement.TextEntity(run, text, isHtml ? "html" : "plain");
        if (entity.Length > run.Limits.MaxNewMessageSize)
            return null;
        if (ReferenceEquals(part, run.Message.Root))
            return entity;
        var output = new ArrayBufferWriter<byte>();
        foreach (var entry in (await run.Message.GetHeadersAsync(part, run.Limits.MaxPartSize, run.CancellationToken)).Entries)
            if (!IsReplaced(entry))
                output.Write(entry.Raw.Span);
        output.Write(entity);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Makes a message without parts the converted one; all other fields of its header stay.</summary>
    public static void ReplaceRoot(SieveRun run, byte[] entity)
    {
        var end = entity.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        List<HeaderEntry> header =
        [
            .. run.Headers.Entries.Where(static entry => !IsReplaced(entry) && !Encoding.Latin1.GetString(entry.Name).Equals("MIME-Version", StringComparison.OrdinalIgnoreCase)),
            .. HeaderBlock.Parse("MIME-Version: 1.0\r\n"u8.ToArray()).Entries,
            .. HeaderBlock.Parse(entity.AsMemory(0, end)).Entries,
        ];
        PartReplacement.ReplaceRoot(run, new SieveNewMessage(HeaderBlock.Of(header).ToBytes(), entity.AsMemory(end)));
    }

    // What is written is UTF-8, of which ASCII is a part
    private static bool IsKnown(string parameter) =>
        parameter.Length == 0 || parameter.Equals("charset=utf-8", StringComparison.OrdinalIgnoreCase)
        || parameter.StartsWith("unknown-character-replacement=", StringComparison.OrdinalIgnoreCase);

    // Nothing of a part may get lost: what is not read whole is not converted
    private static bool IsReadable(SieveRun run, MimePart part) =>
        part.End - part.BodyStart <= run.Limits.MaxPartSize && run.Message.Texts.HasRoom(run, part.End - part.BodyStart)
        && TransferDecoder.Parse(part.Encoding) != TransferEncoding.Unknown
        && (ParameterDecoder.Find(part.Parameters, "charset") is not { } charset || Charsets.TryGet(charset, out _));

    private static bool IsReplaced(HeaderEntry entry) =>
        Array.Exists(Replaced, name => Encoding.Latin1.GetString(entry.Name).Equals(name, StringComparison.OrdinalIgnoreCase));
}
