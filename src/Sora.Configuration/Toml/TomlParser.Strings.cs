using System.Globalization;
using System.Text;

namespace Sora.Configuration.Toml;

/// <summary>The four kinds of strings.</summary>
internal sealed partial class TomlParser
{
    private string ReadLiteralString()
    {
        var position = Here;
        var start = ++_at;
        while (Next != '\'')
        {
            CheckStringCharacter("'", position, multiline: false);
            _at++;
        }

        return text[start.._at++];
    }

    private string ReadBasicString()
    {
        var position = Here;
        _at++;
        var value = new StringBuilder();
        while (Next != '"')
        {
            if (Next == '\\')
            {
                ReadEscape(value);
                continue;
            }

            CheckStringCharacter("\"", position, multiline: false);
            value.Append(text[_at++]);
        }

        _at++;
        return value.ToString();
    }

    private string ReadMultilineLiteralString()
    {
        var position = Here;
        var value = new StringBuilder();
        OpenMultiline();
        while (!TryCloseMultiline("'''", value))
        {
            ReadMultilineCharacter("'''", position, value);
        }

        return value.ToString();
    }

    private string ReadMultilineBasicString()
    {
        var position = Here;
        var value = new StringBuilder();
        OpenMultiline();
        while (!TryCloseMultiline("\"\"\"", value))
        {
            if (Next != '\\')
            {
                ReadMultilineCharacter("\"\"\"", position, value);
            }
            else if (!TrySkipLineEndingBackslash())
            {
                ReadEscape(value);
            }
        }

        return value.ToString();
    }

    /// <summary>Skips the three quotes and a newline straight after them, which is not part of the value.</summary>
    private void OpenMultiline()
    {
        _at += 3;
        TrySkipNewline();
    }

    /// <summary>The last three of a row of three to five quotes close the string; those before them belong to it.</summary>
    private bool TryCloseMultiline(string quotes, StringBuilder value)
    {
        if (!StartsWith(quotes))
        {
            return false;
        }

        _at += 3;
        for (var extra = 0; extra < 2 && Next == quotes[0]; extra++)
        {
            value.Append(quotes[0]);
            _at++;
        }

        return true;
    }

    private void ReadMultilineCharacter(string quotes, TomlPosition start, StringBuilder value)
    {
        // A newline is a line feed in the value however the file writes it: the same configuration on every system
        if (TrySkipNewline())
        {
            value.Append('\n');
            return;
        }

        CheckStringCharacter(quotes, start, multiline: true);
        value.Append(text[_at++]);
    }

    /// <summary>A backslash that is the last thing of its line takes all blanks and newlines up to the next character with it.</summary>
    private bool TrySkipLineEndingBackslash()
    {
        var at = _at + 1;
        while (at < text.Length && text[at] is ' ' or '\t')
        {
            at++;
        }

        if (at >= text.Length || text[at] is not ('\r' or '\n'))
        {
            return false;
        }

        _at = at;
        while (TrySkipNewline())
        {
            SkipBlanks();
        }

        return true;
    }

    private void ReadEscape(StringBuilder value)
    {
        var escaped = _at + 1 < text.Length ? text[_at + 1] : End;
        switch (escaped)
        {
            case 'b':
                value.Append('\b');
                break;
            case 't':
                value.Append('\t');
                break;
            case 'n':
                value.Append('\n');
                break;
            case 'f':
                value.Append('\f');
                break;
            case 'r':
                value.Append('\r');
                break;
            case '"' or '\\':
                value.Append(escaped);
                break;
            case 'u':
                ReadUnicodeEscape(4, value);
                return;
            case 'U':
                ReadUnicodeEscape(8, value);
                return;
            default:
                throw Error("""expected one of the escapes \b \t \n \f \r \" \\ \uXXXX \UXXXXXXXX; a backslash itself is written \\""");
        }

        _at += 2;
    }

    private void ReadUnicodeEscape(int digits, StringBuilder value)
    {
        var start = _at + 2;
        if (start + digits > text.Length
            || !uint.TryParse(text.AsSpan(start, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var scalar))
        {
            throw Error($"expected {digits} hexadecimal digits after '\\{text[_at + 1]}'");
        }

        if (!Rune.IsValid(scalar))
        {
            throw Error($"U+{scalar:X4} is not a Unicode scalar value");
        }

        value.Append(new Rune(scalar).ToString());
        _at = start + digits;
    }

    private void CheckStringCharacter(string quotes, TomlPosition start, bool multiline)
    {
        if (AtEnd)
        {
            throw Unclosed("string", quotes, start);
        }

        if (Next == '\n' || StartsWith("\r\n"))
        {
            throw Error($"expected {quotes} before the end of the line; a string of several lines stands in three quotes");
        }

        if (IsForbidden(Next))
        {
            throw ForbiddenCharacter($"a string; in {(multiline ? "three " : "")}double quotes it can be written as an escape");
        }
    }
}
