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
    public OutgoingHeader Text(string name, string value)
    {
        _output.Write(HeaderFieldWriter.Write(name, value));
        return this;
    }

    /// <summary>A field of addresses; display names become encoded words where they must (RFC 2047 section 5).</summary>
    public OutgoingHeader Addresses(string name, string value)
    {
        var list = MailAddress.ParseList(SieveText.Encode(value));
        var text = new StringBuilder();
        foreach (var address in list)
        {
            if (address.Mailbox is not { Length: > 0 } local || address.Host is not { Length: > 0 } host)
                continue;
            if (text.Length > 0)
                text.Append(",\r\n ");
            var spec = $"{SieveAddress.QuoteLocalPart(SieveText.Decode(local))}@{SieveText.Decode(host)}";
            text.Append(address.Name is { Length: > 0 } phrase ? $"{Phrase(EncodedWord.Decode(phrase))} <{spec}>" : spec);
        }

        _output.Write(Encoding.UTF8.GetBytes($"{name}: {(text.Length > 0 ? text : value)}\r\n"));
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

    private static string Phrase(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var c in name)
            clean.Append(char.IsControl(c) ? ' ' : c);
        var text = clean.ToString();
        if (System.Text.Ascii.IsValid(text))
            return text.All(static c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '\'' or '_') ? text : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

        // "x" stands for a name: the encoded words alone are wanted
        return Encoding.ASCII.GetString(HeaderFieldWriter.Write("x", text))[3..^2];
    }
}
