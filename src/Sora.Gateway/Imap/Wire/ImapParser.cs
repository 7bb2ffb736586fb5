using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

/// <summary>
/// Reads one whole command: its lines with the literals between them, as <see cref="ImapReader"/> gives it. Methods are named after the
/// rules of RFC 9051 section 9; <c>TryX</c> leaves the position alone when it fails, the others throw
/// <see cref="ImapSyntaxException"/>. What they return owns its bytes.
/// </summary>
internal ref partial struct ImapParser
{
    /// <summary>Deepest nesting of parentheses in a command.</summary>
    public const int MaxDepth = 50;

    // atom-specials of RFC 9051; "]" is one of resp-specials and belongs to astrings only
    private static readonly SearchValues<byte> AtomChars = SearchValues.Create(Chars("(){%*\"\\]"u8));
    private static readonly SearchValues<byte> AStringChars = SearchValues.Create(Chars("(){%*\"\\"u8));
    private static readonly SearchValues<byte> ListChars = SearchValues.Create(Chars("(){\"\\"u8));
    private static readonly SearchValues<byte> TagChars = SearchValues.Create(Chars("(){%*\"\\+"u8));

    private readonly ReadOnlySpan<byte> _input;

    public ImapParser(ReadOnlySpan<byte> input, bool utf8 = false)
    {
        _input = input;
        Utf8 = utf8;
    }

    public int Position { get; set; }

    /// <summary>Mailbox names are UTF-8 and quoted strings may hold it (IMAP4rev2 is enabled).</summary>
    public bool Utf8 { get; }

    /// <summary>The client has enabled UIDONLY: message numbers are refused (RFC 9586 section 3).</summary>
    public bool UidOnly { get; init; }

    /// <summary>Message numbers were met among the arguments: they must not change while the command runs.</summary>
    public bool UsesNumbers { get; private set; }

    public readonly bool AtEnd => Position >= _input.Length;

    public readonly ReadOnlySpan<byte> Rest => _input[Position..];

    public readonly ImapSyntaxException Error(string expected) => new($"Expected {expected} at position {Position + 1}");

    public bool TryByte(byte value)
    {
        if (AtEnd || _input[Position] != value)
            return false;
        Position++;
        return true;
    }

    public readonly bool Peek(byte value) => !AtEnd && _input[Position] == value;

    public bool TrySpace() => TryByte((byte)' ');

    public void Space()
    {
        if (!TrySpace())
            throw Error("a space");
    }

    public void Open()
    {
        if (!TryByte((byte)'('))
            throw Error("\"(\"");
    }

    public void Close()
    {
        if (!TryByte((byte)')'))
            throw Error("\")\"");
    }

    public void End()
    {
        if (!AtEnd)
            throw Error("the end of the command");
    }

    /// <summary>Takes the letters if they stand here, in any case, and no atom character follows.</summary>
    public bool TryKeyword(ReadOnlySpan<byte> upper)
    {
        if (!Ascii.EqualsIgnoreCase(_input.Slice(Position, Math.Min(upper.Length, _input.Length - Position)), upper))
            return false;
        var end = Position + upper.Length;
        if (end < _input.Length && AtomChars.Contains(_input[end]) && _input[end] is not (byte)'[' and not (byte)'.')
            return false;
        Position = end;
        return true;
    }

    public ReadOnlySpan<byte> Tag() => Take(TagChars, "a tag");

    public ReadOnlySpan<byte> AtomSpan(string what = "an atom") => Take(AtomChars, what);

    /// <summary>An atom in capitals, as command and item names are compared.</summary>
    public string Atom(string what = "an atom") => Encoding.ASCII.GetString(AtomSpan(what)).ToUpperInvariant();

    /// <summary>number: 0 to 2^32-1.</summary>
    public uint Number()
    {
        var value = Number64();
        return value <= uint.MaxValue ? (uint)value : throw Error("a smaller number");
    }

    /// <summary>nz-number.</summary>
    public uint NzNumber()
    {
        var start = Position;
        var value = Number();
        if (value != 0)
            return value;
        Position = start;
        throw Error("a number above 0");
    }

    /// <summary>number64: 0 to 2^63-1.</summary>
    public long Number64()
    {
        var start = Position;
        long value = 0;
        while (!AtEnd && _input[Position] is >= (byte)'0' and <= (byte)'9')
        {
            var digit = _input[Position] - '0';
            if (value > (long.MaxValue - digit) / 10)
                throw Error("a smaller number");
            value = value * 10 + digit;
            Position++;
        }

        return Position > start ? value : throw Error("a number");
    }

    /// <summary>mod-sequence-valzer, translated to Sora's count (see <see cref="ImapWriter.ModSeq"/>).</summary>
    public ModSeq ModSequence() => new(Number64() - 1);

    public byte[] AString()
    {
        if (TryString(out var value))
            return value;
        return Take(AStringChars, "a string").ToArray();
    }

    public byte[] String() => TryString(out var value) ? value : throw Error("a string");

    public byte[]? NString()
    {
        if (TryString(out var value))
            return value;
        return TryKeyword("NIL"u8) ? null : throw Error("a string or NIL");
    }

    public bool TryString([NotNullWhen(true)] out byte[]? value)
    {
        value = null;
        if (AtEnd)
            return false;
        value = _input[Position] switch
        {
            (byte)'"' => Quoted(),
            (byte)'{' => Literal(),
            _ => null,
        };
        return value is not null;
    }

    /// <summary>Text that a client sent as UTF-8.</summary>
    public string Utf8String()
    {
        var bytes = AString();
        return System.Text.Unicode.Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw Error("valid UTF-8");
    }

    /// <summary>mailbox: checked and normalised; a name that cannot be one is refused with NO.</summary>
    public MailboxName Mailbox() => Mailbox(out _);

    /// <inheritdoc cref="Mailbox()"/>
    /// <param name="supplied">The name as the client wrote it.</param>
    public MailboxName Mailbox(out string supplied)
    {
        supplied = MailboxText(AString());
        var parsed = MailboxName.Parse(supplied);
        return parsed.IsOk ? parsed.Value : throw new ImapSyntaxException(parsed.Error);
    }

    /// <summary>list-mailbox: a name with wildcards, decoded.</summary>
    public string ListMailbox()
    {
        if (!TryString(out var bytes))
            bytes = Take(ListChars, "a mailbox pattern").ToArray();
        // A pattern that is no name can match no mailbox, which is an answer and not an error
        return ModifiedUtf7.TryDecode(bytes, out _) ? MailboxText(bytes) : Encoding.UTF8.GetString(bytes);
    }

    /// <summary>A decoded name as it came; empty is allowed (the reference of LIST).</summary>
    public string MailboxReference() => MailboxText(AString());

    private readonly string MailboxText(byte[] bytes)
    {
        // Clients that know only rev1 but write UTF-8 are many, and valid UTF-8 with a byte above 127 is never modified UTF-7.
        if ((Utf8 || bytes.AsSpan().ContainsAnyInRange((byte)128, (byte)255)) && System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        return ModifiedUtf7.TryDecode(bytes, out var text)
            ? text
            : throw new ImapSyntaxException(new MailError(MailErrorCode.Cannot, "Mailbox name is not valid modified UTF-7"));
    }

    private byte[] Quoted()
    {
        var start = Position++;
        var result = new ArrayBufferWriter<byte>(32);
        while (!AtEnd)
        {
            var b = _input[Position++];
            if (b == '"')
                return result.WrittenSpan.ToArray();
            if (b == '\\')
            {
                if (AtEnd || _input[Position] is not ((byte)'"' or (byte)'\\'))
                    throw Error("a quote or a backslash");
                b = _input[Position++];
            }
            else if (b is 0 or (byte)'\r' or (byte)'\n')
            {
                break;
            }

            result.GetSpan(1)[0] = b;
            result.Advance(1);
        }

        Position = start;
        throw Error("a quoted string with its end");
    }

    private byte[] Literal(bool isBinary = false)
    {
        var start = Position++;
        var length = Number();
        TryByte((byte)'+');
        if (TryByte((byte)'}') && (TryByte((byte)'\r') | TryByte((byte)'\n') && (_input[Position - 1] == '\n' || TryByte((byte)'\n')))
            && length <= _input.Length - Position)
        {
            var value = _input.Slice(Position, (int)length);
            Position += (int)length;
            return !isBinary && value.Contains((byte)0) ? throw Error("a literal without NUL") : value.ToArray();
        }

        Position = start;
        throw Error("a literal");
    }

    private ReadOnlySpan<byte> Take(SearchValues<byte> allowed, string what)
    {
        var rest = Rest;
        var length = rest.IndexOfAnyExcept(allowed);
        if (length < 0)
            length = rest.Length;
        if (length == 0)
            throw Error(what);
        Position += length;
        return rest[..length];
    }

    private static byte[] Chars(ReadOnlySpan<byte> except)
    {
        var bytes = new List<byte>();
        for (var b = 0x21; b < 0x7f; b++)
        {
            if (!except.Contains((byte)b))
                bytes.Add((byte)b);
        }

        return [.. bytes];
    }
}
