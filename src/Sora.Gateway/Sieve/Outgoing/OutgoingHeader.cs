using System.Buffers;
using System.Text;
using Sora.Mime;
using Sora.Sieve;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;

namespace Sora.Gateway.Sieve.Outgoing;

/// <summary>Writes the header of a message that a script sends: one field after the other, then the entity.</summary>
internal sealed class OutgoingHeader
{
    // Ids in References; the newest are kept (RFC 5322 section 2.1.1 has no limit, but lines and servers do)
    private const int MaxReferences = 30;

    private readonly ArrayBufferWriter<byte> _output = new(1024);

    /// <summary>A field of Unicode text.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="value">The text.</param>
    /// <param name="keepsEncodedWords">Encoded words that a script has written stay as they are.</param>
    public OutgoingHeader Text(string name, string value, bool keepsEncodedWords = false)
    {
        _output.Write(HeaderFieldWriter.Write(name, value, keepsEncodedWords));
        return this;
    }

    /// <summary>A field of addresses; display names become encoded words where they must (RFC 2047 section 5).</summary>
    public OutgoingHeader Addresses(string name, string value)
    {
        _output.Write(HeaderFieldWriter.WriteAddresses(name, value));
        return this;
    }

    public OutgoingHeader Date(DateTimeOffset time) => Text("Date", DatePart.Get("std11", time)!);

    public OutgoingHeader Raw(string field)
    {
        _output.Write(Encoding.UTF8.GetBytes(field));
        return this;
    }

    public OutgoingHeader Raw(ReadOnlySpan<byte> bytes)
    {
        _output.Write(bytes);
        return this;
    }

    /// <summary>In-Reply-To and References (RFC 5322 section 3.6.4); none when the message has no id.</summary>
    public OutgoingHeader InReplyTo(ReadOnlySpan<byte> header) => InReferenceTo(header, isReply: true);

    /// <summary>References alone; none when the message has no id.</summary>
    public OutgoingHeader InReferenceTo(ReadOnlySpan<byte> header) => InReferenceTo(header, isReply: false);

    private OutgoingHeader InReferenceTo(ReadOnlySpan<byte> header, bool isReply)
    {
        if (!HeaderFields.TryFind(header, "Message-ID"u8, out var field) || IdOf(field.Unfold()) is not { } id)
            return this;
        var references = HeaderFields.TryFind(header, "References"u8, out var known) ? MessageIds.Parse(known.Unfold())
            : HeaderFields.TryFind(header, "In-Reply-To"u8, out var parent) && MessageIds.Parse(parent.Unfold()) is [var only] ? [only] : [];
        if (isReply)
            Raw($"In-Reply-To: {Bracketed(id)}\r\n");
        return Raw($"References: {string.Join("\r\n ", references.TakeLast(MaxReferences).Append(id).Select(Bracketed))}\r\n");
    }

    /// <summary>The header so far, with what follows it: the entity's own fields, the empty line and the content.</summary>
    public byte[] With(ReadOnlySpan<byte> entity)
    {
        _output.Write(entity);
        return _output.WrittenSpan.ToArray();
    }

    /// <summary>A text/plain entity: its fields, the empty line, the text.</summary>
    public static byte[] TextEntity(string text) => NewMessage.TextEntity(text);

    // As it stands there, where it is one
    private static string? IdOf(ReadOnlySpan<byte> value)
    {
        var text = Encoding.UTF8.GetString(value).Trim();
        return text is ['<', .., '>'] && text.AsSpan(1, text.Length - 2).IndexOfAny("<> \t") < 0 ? text : MessageIds.First(value);
    }

    private static string Bracketed(string id) => id.StartsWith('<') ? id : $"<{id}>";
}
