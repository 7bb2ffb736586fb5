using System.Text;
using System.Text.Unicode;
using Sora.Contracts;

namespace Sora.Gateway.ManageSieve.Wire;

/// <summary>Reads a command's parts; methods are named after the rules of RFC 5804 section 4.</summary>
internal ref struct ManageSieveParser(ReadOnlySpan<byte> command)
{
    private const int MaxQuoted = 1024; // section 4, quoted

    private readonly ReadOnlySpan<byte> _command = command;
    private int _position;

    private readonly ReadOnlySpan<byte> Rest => _command[_position..];

    private readonly byte Next => _position < _command.Length ? _command[_position] : (byte)0;

    /// <summary>The command's name: everything up to the first space.</summary>
    public ReadOnlySpan<byte> Name()
    {
        var length = Rest.IndexOf((byte)' ');
        var name = length < 0 ? Rest : Rest[..length];
        _position += name.Length;
        return name;
    }

    /// <summary>There is another argument; takes the space before it.</summary>
    public bool TrySpace()
    {
        if (Next != ' ')
            return false;
        _position++;
        return true;
    }

    public void Space()
    {
        if (!TrySpace())
            throw new ManageSieveSyntaxException(_position == _command.Length ? "An argument is missing" : "A space is missing between arguments");
    }

    public readonly void End()
    {
        if (_position != _command.Length)
            throw new ManageSieveSyntaxException("There is more than the command takes");
    }

    /// <summary>A quoted string or a literal, as its octets.</summary>
    public byte[] String() => Next switch
    {
        (byte)'"' => Quoted(),
        (byte)'{' => Literal(),
        _ => throw new ManageSieveSyntaxException("A string is expected"),
    };

    /// <summary>A string that is text.</summary>
    public string Utf8String()
    {
        var bytes = String();
        return Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : throw new ManageSieveSyntaxException("A string is not valid UTF-8");
    }

    public SieveScriptName SieveName()
    {
        var name = SieveScriptName.Parse(Utf8String());
        return name.IsOk ? name.Value : throw new ManageSieveSyntaxException(name.Error.Text);
    }

    /// <summary>As <see cref="SieveName"/>, or null for the empty string.</summary>
    public SieveScriptName? ActiveSieveName()
    {
        if (!Rest.StartsWith("\"\""u8))
        {
            var text = Utf8String();
            if (text.Length == 0)
                return null;
            var name = SieveScriptName.Parse(text);
            return name.IsOk ? name.Value : throw new ManageSieveSyntaxException(name.Error.Text);
        }

        _position += 2;
        return null;
    }

    public uint Number()
    {
        var length = Rest.IndexOf((byte)' ');
        var digits = length < 0 ? Rest : Rest[..length];
        if (!TryNumber(digits, out var value))
            throw new ManageSieveSyntaxException("A number from 0 to 4294967295 is expected");
        _position += digits.Length;
        return value;
    }

    /// <summary>A 32-bit number without leading zeros.</summary>
    public static bool TryNumber(ReadOnlySpan<byte> digits, out uint value)
    {
        value = 0;
        if (digits.Length is 0 or > 10 || (digits[0] == '0' && digits.Length > 1))
            return false;
        var number = 0UL;
        foreach (var digit in digits)
        {
            if (!char.IsAsciiDigit((char)digit))
                return false;
            number = 10 * number + (ulong)(digit - '0');
        }

        value = (uint)number;
        return number <= uint.MaxValue;
    }

    private byte[] Quoted()
    {
        var value = new List<byte>();
        for (var i = _position + 1; i < _command.Length; i++)
        {
            var b = _command[i];
            if (b == '"')
            {
                _position = i + 1;
                byte[] bytes = [.. value];
                return Utf8.IsValid(bytes) ? bytes : throw new ManageSieveSyntaxException("A quoted string is not valid UTF-8");
            }

            if (i - _position > MaxQuoted)
                throw new ManageSieveSyntaxException("A quoted string may have 1024 octets; use a literal");
            if (b == '\\')
            {
                if (++i == _command.Length || _command[i] is not ((byte)'"' or (byte)'\\'))
                    throw new ManageSieveSyntaxException("A backslash must stand before \" or \\");
                b = _command[i];
            }
            else if (b is 0 or (byte)'\r' or (byte)'\n')
            {
                throw new ManageSieveSyntaxException("A quoted string may not have NUL, CR or LF; use a literal");
            }

            value.Add(b);
        }

        throw new ManageSieveSyntaxException("The quote at the end of a string is missing");
    }

    // literal-c2s; the reader has put its octets behind it
    private byte[] Literal()
    {
        var end = Rest.IndexOf("}\r\n"u8);
        if (end < 0)
            throw new ManageSieveSyntaxException("A literal is expected as {number+}");
        var number = Rest[1..end];
        if (number.EndsWith("+"u8))
            number = number[..^1];
        if (!TryNumber(number, out var size) || size > Rest.Length - end - 3)
            throw new ManageSieveSyntaxException("A literal is expected as {number+}");
        var value = Rest.Slice(end + 3, (int)size).ToArray();
        _position += end + 3 + value.Length;
        return value;
    }
}
