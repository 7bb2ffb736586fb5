using System.Buffers;

namespace Sora.Mime;

/// <summary>
/// Reads address lists (RFC 5322 sections 3.4 and 4.4) the way mail is, not only the way it should be: 8-bit names, unquoted
/// dots, "a@b &lt;a@b&gt;", semicolons between addresses, groups and brackets that are never closed. Linear, never throws.
/// </summary>
internal ref struct AddressParser
{
    private static readonly SearchValues<byte> WordEnd = SearchValues.Create("\0\t\r\n \"(),:;<>@"u8);

    private readonly ReadOnlySpan<byte> _value;
    private readonly List<MailAddress> _list;
    private readonly int _limit;
    private readonly Span<byte> _words;
    private readonly Span<byte> _comment;
    private int _at;
    private int _wordsLength;
    private int _lastWord;
    private int _commentLength;
    private bool _inGroup;

    private AddressParser(ReadOnlySpan<byte> value, List<MailAddress> list, int limit, Span<byte> scratch)
    {
        _value = value;
        _list = list;
        _limit = limit;
        // Words that are joined, and a comment, are never longer than their source
        int half = scratch.Length / 2;
        _words = scratch[..half];
        _comment = scratch[half..];
    }

    private enum Separator
    {
        NextAddress,
        GroupEnd,
        Angle,
    }

    private readonly bool AtEnd => _at >= _value.Length;

    /// <summary>Adds the addresses of a field's value, at most <paramref name="max"/> entries.</summary>
    public static void Parse(ReadOnlySpan<byte> value, List<MailAddress> list, int max)
    {
        if (max <= 0)
            return;
        int needed = (value.Length + 1) * 2;
        byte[]? rented = needed > 512 ? ArrayPool<byte>.Shared.Rent(needed) : null;
        Span<byte> scratch = rented ?? stackalloc byte[512];
        new AddressParser(value, list, list.Count + max, scratch).ParseList();
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }

    private void ParseList()
    {
        // One place stays free for the end of an open group
        while (!AtEnd && _list.Count < (_inGroup ? _limit - 1 : _limit))
        {
            _wordsLength = 0;
            _lastWord = 0;
            _commentLength = 0;
            ParseAddress();
        }
        EndGroup();
    }

    // address = mailbox / group; goes past the separator that follows
    private void ParseAddress()
    {
        int start = _at;
        bool spaceBefore = false;
        while (!AtEnd)
        {
            byte b = _value[_at];
            if (IsSpace(b))
            {
                _at++;
                spaceBefore = true;
                continue;
            }
            switch (b)
            {
                case (byte)'(':
                    ReadComment();
                    spaceBefore = true;
                    break;
                case (byte)',' or (byte)';':
                    _at++;
                    AddBareWords();
                    if (b == (byte)';')
                        EndGroup();
                    return;
                case (byte)':':
                    _at++;
                    BeginGroup();
                    return;
                case (byte)'<':
                    ParseAngle(_wordsLength > 0 ? _words[.._wordsLength].ToArray() : null);
                    return;
                case (byte)'@':
                    ParseSpec(start);
                    return;
                default:
                    AppendWord(spaceBefore);
                    spaceBefore = false;
                    break;
            }
        }
        AddBareWords();
    }

    private void BeginGroup()
    {
        // A colon inside a group is rubbish; what stood before it is dropped
        if (_inGroup || _limit - _list.Count < 2)
            return;
        _list.Add(new MailAddress(null, null, _words[.._wordsLength].ToArray(), null));
        _inGroup = true;
    }

    private void EndGroup()
    {
        if (!_inGroup)
            return;
        _inGroup = false;
        _list.Add(MailAddress.GroupEnd);
    }

    private readonly void AddBareWords()
    {
        if (_wordsLength > 0)
            _list.Add(new MailAddress(CommentName(), null, _words[.._wordsLength].ToArray(), []));
    }

    // addr-spec without brackets: the last word is its local part, words before it can only be a name
    private void ParseSpec(int start)
    {
        _at++;
        byte[]? name = _lastWord > 0 ? _words[..(_lastWord - 1)].ToArray() : null;
        byte[] mailbox = LocalPart();
        byte[] host = ReadDomain();
        var separator = FinishAddress();
        if (separator == Separator.Angle)
        {
            // The address was written as the display name of the one in brackets
            byte[] written = HeaderValue.Unfold(_value[start.._at].Trim(" \t\r\n\""u8));
            ParseAngle(written.Length == 0 ? null : written);
            return;
        }
        _list.Add(new MailAddress(name ?? CommentName(), null, mailbox, host));
        if (separator == Separator.GroupEnd)
            EndGroup();
    }

    // angle-addr = "<" [ "@" domain *("," "@" domain) ":" ] local-part "@" domain ">"
    private void ParseAngle(byte[]? name)
    {
        _at++;
        _wordsLength = 0;
        _lastWord = 0;
        SkipSpace();
        byte[]? route = !AtEnd && _value[_at] == (byte)'@' ? ReadRoute() : null;
        bool spaceBefore = false;
        while (!AtEnd && _value[_at] is not ((byte)'>' or (byte)'@' or (byte)',' or (byte)';'))
        {
            byte b = _value[_at];
            if (IsSpace(b))
            {
                _at++;
                spaceBefore = true;
            }
            else if (b == (byte)'(')
            {
                ReadComment();
            }
            else if (b is (byte)'<' or (byte)':')
            {
                // "<mailto:a@b>", "<<a@b>>": what stood before is no part of the address
                _at++;
                _wordsLength = 0;
                _lastWord = 0;
                spaceBefore = false;
            }
            else
            {
                AppendWord(spaceBefore);
                spaceBefore = false;
            }
        }
        _lastWord = 0;
        byte[] mailbox = LocalPart();
        byte[] host = [];
        if (!AtEnd && _value[_at] == (byte)'@')
        {
            _at++;
            host = ReadDomain();
        }
        while (!AtEnd && _value[_at] is not ((byte)'>' or (byte)',' or (byte)';'))
            _at++;
        if (!AtEnd && _value[_at] == (byte)'>')
            _at++;
        var separator = FinishAddress();
        _list.Add(new MailAddress(name ?? CommentName(), route, mailbox, host));
        if (separator == Separator.GroupEnd)
            EndGroup();
    }

    private byte[]? ReadRoute()
    {
        int length = _value[_at..].IndexOfAny((byte)':', (byte)'>', (byte)'<');
        if (length < 0 || _value[_at + length] != (byte)':')
            return null;
        byte[] route = new byte[length];
        int kept = 0;
        foreach (byte b in _value.Slice(_at, length))
        {
            if (b > (byte)' ')
                route[kept++] = b;
        }
        _at += length + 1;
        return route.AsSpan(0, kept).ToArray();
    }

    // The words from the last one on, without the spaces that obsolete syntax allows around dots
    private readonly byte[] LocalPart()
    {
        var words = _words[_lastWord.._wordsLength];
        if (words.IndexOf((byte)' ') < 0)
            return words.ToArray();
        byte[] local = new byte[words.Length];
        int length = 0;
        for (int i = 0; i < words.Length; i++)
        {
            bool atDot = words[i] == (byte)' '
                && ((length > 0 && local[length - 1] == (byte)'.') || (i + 1 < words.Length && words[i + 1] == (byte)'.'));
            if (!atDot)
                local[length++] = words[i];
        }
        return local.AsSpan(0, length).ToArray();
    }

    private byte[] ReadDomain()
    {
        _wordsLength = 0;
        SkipSpace();
        bool inLiteral = false;
        while (!AtEnd)
        {
            byte b = _value[_at];
            if (b is (byte)'>' or (byte)'<')
                break;
            if (inLiteral || b == (byte)'[')
            {
                inLiteral = b != (byte)']';
            }
            else if (b is (byte)',' or (byte)';' or (byte)'"')
            {
                break;
            }
            else if (IsSpace(b) || b == (byte)'(')
            {
                bool afterDot = _wordsLength > 0 && _words[_wordsLength - 1] == (byte)'.';
                SkipSpace();
                if (!AtEnd && (afterDot || _value[_at] == (byte)'.'))
                    continue;
                break;
            }
            if (b > (byte)' ' && b != 127)
                _words[_wordsLength++] = b;
            _at++;
        }
        return _words[.._wordsLength].ToArray();
    }

    // Skips what does not belong to the address; stops before a bracket, goes past a separator
    private Separator FinishAddress()
    {
        while (!AtEnd)
        {
            switch (_value[_at])
            {
                case (byte)'(':
                    ReadComment();
                    break;
                case (byte)'<':
                    return Separator.Angle;
                case (byte)',':
                    _at++;
                    return Separator.NextAddress;
                case (byte)';':
                    _at++;
                    return Separator.GroupEnd;
                default:
                    _at++;
                    break;
            }
        }
        return Separator.NextAddress;
    }

    private void AppendWord(bool spaceBefore)
    {
        byte first = _value[_at];
        if (first is 0 or (byte)')' or (byte)'>')
        {
            _at++;
            return;
        }
        if (spaceBefore && _wordsLength > 0)
        {
            if (_words[_wordsLength - 1] != (byte)'.' && first != (byte)'.')
                _lastWord = _wordsLength + 1;
            _words[_wordsLength++] = (byte)' ';
        }
        if (first == (byte)'"')
        {
            ReadQuoted();
            return;
        }
        var rest = _value[_at..];
        int length = rest.IndexOfAny(WordEnd);
        if (length < 0)
            length = rest.Length;
        rest[..length].CopyTo(_words[_wordsLength..]);
        _wordsLength += length;
        _at += length;
    }

    private void ReadQuoted()
    {
        _at++;
        while (!AtEnd)
        {
            byte b = _value[_at++];
            if (b == (byte)'"')
                return;
            if (b == (byte)'\\' && !AtEnd)
                b = _value[_at++];
            if (b is not (0 or (byte)'\r' or (byte)'\n'))
                _words[_wordsLength++] = b;
        }
    }

    private void ReadComment()
    {
        _commentLength = 0;
        int depth = 0;
        while (!AtEnd)
        {
            byte b = _value[_at++];
            if (b == (byte)'(' && depth++ == 0)
                continue;
            if (b == (byte)')' && --depth == 0)
                return;
            if (b == (byte)'\\' && !AtEnd)
                b = _value[_at++];
            if (b is not (0 or (byte)'\r' or (byte)'\n'))
                _comment[_commentLength++] = b;
        }
    }

    private readonly byte[]? CommentName()
    {
        var text = ((ReadOnlySpan<byte>)_comment[.._commentLength]).Trim(" \t"u8);
        return text.IsEmpty ? null : text.ToArray();
    }

    private void SkipSpace()
    {
        while (!AtEnd)
        {
            if (IsSpace(_value[_at]))
                _at++;
            else if (_value[_at] == (byte)'(')
                ReadComment();
            else
                return;
        }
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
