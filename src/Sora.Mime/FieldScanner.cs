using System.Buffers;

namespace Sora.Mime;

/// <summary>Scans a structured MIME field: tokens, comments, quoted strings and parameters (RFC 2045 section 5.1).</summary>
internal ref struct FieldScanner(ReadOnlySpan<byte> value)
{
    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~"u8);

    private readonly ReadOnlySpan<byte> _value = value;
    private int _at;

    private readonly bool AtEnd => _at >= _value.Length;

    /// <summary>The next token after white space and comments; empty when something else comes.</summary>
    public ReadOnlySpan<byte> Token()
    {
        SkipSpace();
        int length = _value[_at..].IndexOfAnyExcept(TokenBytes);
        var token = length < 0 ? _value[_at..] : _value.Slice(_at, length);
        _at += token.Length;
        // "text/plän" is no token with rubbish behind it, it is rubbish
        return !AtEnd && _value[_at] >= 0x80 ? default : token;
    }

    public bool TryTake(byte separator)
    {
        SkipSpace();
        if (AtEnd || _value[_at] != separator)
            return false;
        _at++;
        return true;
    }

    public bool SkipPast(byte separator)
    {
        while (!AtEnd && _value[_at] != separator)
        {
            if (_value[_at] == (byte)'(')
                SkipComment();
            else
                _at++;
        }
        if (AtEnd)
            return false;
        _at++;
        return true;
    }

    /// <summary>
    /// The parameters up to the end of the field. Takes values with spaces that lack their quotes, a missing semicolon, and a
    /// quote that is never closed.
    /// </summary>
    public MimeParameter[] Parameters(int max)
    {
        List<MimeParameter>? list = null;
        if (!AtEnd && _value[_at..].IndexOf((byte)'=') < 0)
            return [];
        while (true)
        {
            SkipSpace();
            if (AtEnd || list?.Count >= max)
                break;
            if (_value[_at] is (byte)';' or (byte)',')
            {
                _at++;
                continue;
            }
            int length = _value[_at..].IndexOfAny((byte)'=', (byte)';', (byte)'"');
            if (length < 0)
                break;
            var name = LastWord(_value.Slice(_at, length));
            _at += length;
            if (_value[_at] == (byte)'"')
            {
                ReadQuoted();
                continue;
            }
            if (_value[_at] != (byte)'=')
                continue;
            _at++;
            SkipSpace();
            byte[] text = !AtEnd && _value[_at] == (byte)'"' ? ReadQuoted() : ReadUnquoted();
            if (!name.IsEmpty)
                (list ??= []).Add(new MimeParameter(name.ToArray(), text));
        }
        return list is null ? [] : [.. list];
    }

    private static ReadOnlySpan<byte> LastWord(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd(" \t\r\n"u8);
        return text[(text.LastIndexOfAny(" \t\r\n"u8) + 1)..];
    }

    private byte[] ReadUnquoted()
    {
        int start = _at;
        int end = _at;
        while (!AtEnd && _value[_at] != (byte)';')
        {
            byte b = _value[_at];
            if (IsSpace(b))
            {
                SkipSpace();
                if (!AtEnd && LooksLikeParameter(_value[_at..]))
                    break;
                continue;
            }
            end = ++_at;
        }
        return HeaderValue.Unfold(_value[start..end]);
    }

    // "charset=utf-8 format=flowed": the semicolon is missing
    private static bool LooksLikeParameter(ReadOnlySpan<byte> rest)
    {
        int length = rest[..Math.Min(rest.Length, 64)].IndexOfAnyExcept(TokenBytes);
        return length > 0 && rest[length] == (byte)'=';
    }

    private byte[] ReadQuoted()
    {
        int start = ++_at;
        bool plain = true;
        while (!AtEnd && _value[_at] != (byte)'"')
        {
            if (_value[_at] == (byte)'\\')
            {
                plain = false;
                _at++;
            }
            _at++;
        }
        int end = Math.Min(_at, _value.Length);
        _at = Math.Min(end + 1, _value.Length);
        var quoted = _value[start..end];
        if (plain)
            return HeaderValue.Unfold(quoted);
        byte[] text = new byte[quoted.Length];
        int length = 0;
        for (int i = 0; i < quoted.Length; i++)
        {
            byte b = quoted[i];
            if (b == (byte)'\\' && i + 1 < quoted.Length)
                b = quoted[++i];
            if (b is not (0 or (byte)'\r' or (byte)'\n'))
                text[length++] = b;
        }
        return text.AsSpan(0, length).ToArray();
    }

    private void SkipSpace()
    {
        while (!AtEnd)
        {
            if (IsSpace(_value[_at]))
                _at++;
            else if (_value[_at] == (byte)'(')
                SkipComment();
            else
                return;
        }
    }

    private void SkipComment()
    {
        int depth = 0;
        while (!AtEnd)
        {
            byte b = _value[_at++];
            if (b == (byte)'\\' && !AtEnd)
                _at++;
            else if (b == (byte)'(')
                depth++;
            else if (b == (byte)')' && --depth == 0)
                return;
        }
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
