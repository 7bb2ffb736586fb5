using System.Buffers.Text;
using System.Text;
using System.Text.Unicode;

namespace Sora.Gateway.Pop3.Wire;

/// <summary>A command line behind its keyword: arguments with one space before each (RFC 1939 section 3).</summary>
internal ref struct Pop3Arguments(ReadOnlySpan<byte> line)
{
    private ReadOnlySpan<byte> _rest = line;

    /// <summary>There is no argument left; spaces at a line's end are none.</summary>
    public readonly bool IsAtEnd => !_rest.ContainsAnyExcept((byte)' ');

    public readonly void End()
    {
        if (!IsAtEnd)
            throw new Pop3SyntaxException("Too many arguments");
    }

    /// <summary>Everything that is left behind one space, spaces included: a password, or a name (RFC 1939 section 7, PASS).</summary>
    public string Text()
    {
        if (_rest.IsEmpty)
            throw new Pop3SyntaxException("An argument is missing");
        var text = _rest[1..];
        _rest = default;
        if (text.Contains((byte)0) || !Utf8.IsValid(text))
            throw new Pop3SyntaxException("The argument is not UTF-8"); // RFC 6856 section 2.2
        return Encoding.UTF8.GetString(text);
    }

    /// <summary>Everything that is left, as it is.</summary>
    public ReadOnlySpan<byte> Rest()
    {
        var rest = _rest;
        _rest = default;
        return rest;
    }

    /// <summary>An argument without spaces.</summary>
    public ReadOnlySpan<byte> Word()
    {
        if (_rest.Length < 2 || _rest[1] == ' ')
            throw new Pop3SyntaxException("An argument is missing");
        var end = _rest[1..].IndexOf((byte)' ');
        var word = end < 0 ? _rest[1..] : _rest.Slice(1, end);
        _rest = end < 0 ? default : _rest[(end + 1)..];
        return word;
    }

    /// <summary>A message-number, or the number of lines of TOP. One that is too large for any message is <see cref="int.MaxValue"/>.</summary>
    public int Number()
    {
        var word = Word();
        if (word.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
            throw new Pop3SyntaxException("The argument is not a number");
        var digits = word.TrimStart((byte)'0');
        if (digits.IsEmpty)
            return 0;
        return Utf8Parser.TryParse(digits, out int number, out _) ? number : int.MaxValue;
    }
}
