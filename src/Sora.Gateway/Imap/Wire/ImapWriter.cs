using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

/// <summary>
/// Writes the server's side of the protocol into the connection's pipe, and is the only place that decides how a string is quoted
/// (RFC 9051 section 4.3). Nothing is sent before <see cref="FlushAsync"/>.
/// </summary>
internal sealed class ImapWriter(PipeWriter output, Func<ValueTask<bool>> flush)
{
    /// <summary>Above this many unsent bytes a command that writes much waits for the client.</summary>
    public const int HighWater = 32 * 1024;

    private const int MaxQuoted = 1024;

    // ATOM-CHAR: what may stand without quotes in an astring, "]" left out for old clients.
    private static readonly SearchValues<byte> AtomChars = SearchValues.Create(Range(0x21, 0x7f, "(){%*\"\\]"u8));

    /// <summary>The pipe; another one after STARTTLS.</summary>
    public PipeWriter Output { get; set; } = output;

    /// <summary>Quoted strings may hold UTF-8 (IMAP4rev2 is enabled).</summary>
    public bool Utf8 { get; set; }

    public bool ShouldFlush => Output.UnflushedBytes >= HighWater;

    /// <summary>Hands everything written to the socket and waits while the client is behind.</summary>
    /// <exception cref="ClientGoneException">The client is gone.</exception>
    public ValueTask FlushAsync()
    {
        if (Output.UnflushedBytes == 0)
            return ValueTask.CompletedTask;
        var flushed = flush();
        if (!flushed.IsCompletedSuccessfully)
            return AwaitAsync(flushed);
        return flushed.Result ? ValueTask.CompletedTask : throw Gone();
    }

    public void Raw(ReadOnlySpan<byte> bytes) => Output.Write(bytes);

    public void Crlf() => Raw("\r\n"u8);

    public void Space() => Raw(" "u8);

    public void Number(long value)
    {
        var span = Output.GetSpan(20);
        Utf8Formatter.TryFormat(value, span, out var written);
        Output.Advance(written);
    }

    /// <summary>
    /// A mod-sequence. Sora counts from 0 (an empty log), the wire from 1: RFC 7162 has no HIGHESTMODSEQ of 0, and a client that was told 1
    /// instead would never hear of the first record.
    /// </summary>
    public void ModSeq(ModSeq value) => Number(value.Value + 1);

    /// <summary>Human-readable text: what is not printable ASCII becomes <c>?</c>.</summary>
    public void Text(string text)
    {
        var span = Output.GetSpan(Math.Max(1, text.Length));
        for (var i = 0; i < text.Length; i++)
            span[i] = text[i] is >= ' ' and < '\x7f' ? (byte)text[i] : (byte)'?';
        Output.Advance(text.Length);
    }

    public void Nil() => Raw("NIL"u8);

    public void NString(byte[]? value)
    {
        if (value is null)
            Nil();
        else
            String(value);
    }

    public void NString(string? value)
    {
        if (value is null)
            Nil();
        else
            String(value);
    }

    /// <summary>A string: quoted where that is allowed, else a literal.</summary>
    public void String(ReadOnlySpan<byte> value)
    {
        if (value.Length > MaxQuoted || !CanQuote(value))
        {
            Literal(value);
            return;
        }

        var span = Output.GetSpan(2 * value.Length + 2);
        var at = 0;
        span[at++] = (byte)'"';
        foreach (var b in value)
        {
            if (b is (byte)'"' or (byte)'\\')
                span[at++] = (byte)'\\';
            span[at++] = b;
        }

        span[at++] = (byte)'"';
        Output.Advance(at);
    }

    public void String(string value)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(value.Length));
        String(bytes.AsSpan(0, Encoding.UTF8.GetBytes(value, bytes)));
        ArrayPool<byte>.Shared.Return(bytes);
    }

    public void AString(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty || value.ContainsAnyExcept(AtomChars) || Ascii.EqualsIgnoreCase(value, "NIL"u8))
            String(value);
        else
            Raw(value);
    }

    /// <summary>A mailbox name: modified UTF-7 for IMAP4rev1 clients, UTF-8 once IMAP4rev2 is enabled.</summary>
    public void Mailbox(string name)
    {
        if (Utf8)
            AString(Encoding.UTF8.GetBytes(name));
        else
            AString(ModifiedUtf7.Encode(name));
    }

    /// <summary>A mailbox name, or the beginning of one, where the grammar has a string.</summary>
    public void QuotedMailbox(string name)
    {
        if (Utf8)
            String(name);
        else
            String(ModifiedUtf7.Encode(name));
    }

    /// <summary><c>{n}CRLF</c>; the n bytes must follow.</summary>
    public void LiteralStart(long length, bool binary = false)
    {
        Raw(binary ? "~{"u8 : "{"u8);
        Number(length);
        Raw("}\r\n"u8);
    }

    public void Literal(ReadOnlySpan<byte> value)
    {
        LiteralStart(value.Length);
        Raw(value);
    }

    /// <summary>A set that is not empty, as a sequence-set.</summary>
    public void Set(UidSet set)
    {
        var first = true;
        foreach (var range in set.Ranges)
        {
            var span = Output.GetSpan(24);
            var text = new SpanText(span);
            if (!first)
                text.Append((byte)',');
            first = false;
            text.Append(range.First);
            if (range.Last != range.First)
            {
                text.Append((byte)':');
                text.Append(range.Last);
            }

            Output.Advance(text.Length);
        }
    }

    /// <summary>The parenthesised list of a message's flags.</summary>
    public void Flags(ulong mask, KeywordTable keywords, bool recent)
    {
        var text = new SpanText(Output.GetSpan(FlagText.MaxLength(mask, keywords)));
        FlagText.Write(ref text, mask, keywords, recent);
        Output.Advance(text.Length);
    }

    private static async ValueTask AwaitAsync(ValueTask<bool> flushed)
    {
        if (!await flushed.ConfigureAwait(false))
            throw Gone();
    }

    private static ClientGoneException Gone() => new("The client closed the connection");

    private bool CanQuote(ReadOnlySpan<byte> value)
    {
        var plain = true;
        foreach (var b in value)
        {
            if (b is 0 or (byte)'\r' or (byte)'\n')
                return false;
            plain &= b < 128;
        }

        return plain || (Utf8 && System.Text.Unicode.Utf8.IsValid(value));
    }

    private static byte[] Range(int from, int to, ReadOnlySpan<byte> except)
    {
        var bytes = new List<byte>();
        for (var b = from; b < to; b++)
        {
            if (!except.Contains((byte)b))
                bytes.Add((byte)b);
        }

        return [.. bytes];
    }
}
