using System.Runtime.CompilerServices;

namespace Sora.Mime;

/// <summary>Enumerator of <see cref="HeaderFields.Enumerate"/>.</summary>
public ref struct HeaderFieldEnumerator
{
    private readonly ReadOnlySpan<byte> _header;
    private int _position;
    private int _start;
    private int _nameLength;
    private int _valueStart;
    private int _valueEnd;

    internal HeaderFieldEnumerator(ReadOnlySpan<byte> header) => _header = header;

    /// <summary>The field at hand.</summary>
    public readonly HeaderField Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_header[_start.._position], _nameLength, _valueStart - _start, _valueEnd - _start);
    }

    /// <summary>Itself, for foreach.</summary>
    public readonly HeaderFieldEnumerator GetEnumerator() => this;

    /// <summary>Goes to the next field.</summary>
    public bool MoveNext()
    {
        var header = _header;
        int start = _position;
        if (start >= header.Length || IsEmptyLine(header, start))
            return false;
        int end = start;
        // A line of white space only still continues the field (obsolete folding, RFC 5322 section 4.2)
        do
        {
            int newline = header[end..].IndexOf((byte)'\n');
            end = newline < 0 ? header.Length : end + newline + 1;
        }
        while (end < header.Length && header[end] is (byte)' ' or (byte)'\t');
        _start = start;
        _position = end;
        SplitName(header[start..end]);
        return true;
    }

    private void SplitName(ReadOnlySpan<byte> raw)
    {
        _nameLength = 0;
        int from = 0;
        int colon = raw.IndexOf((byte)':');
        if (colon > 0)
        {
            // RFC 5322 section 4.5.8: white space may stand before the colon in obsolete headers
            int length = colon;
            while (length > 0 && raw[length - 1] is (byte)' ' or (byte)'\t')
                length--;
            if (length > 0 && !raw[..length].ContainsAnyInRange((byte)0, (byte)' ') && raw[..length].IndexOf((byte)127) < 0)
            {
                _nameLength = length;
                from = colon + 1;
            }
        }
        int to = raw.Length;
        while (from < to && IsSpace(raw[from]))
            from++;
        while (to > from && IsSpace(raw[to - 1]))
            to--;
        _valueStart = _start + from;
        _valueEnd = _start + to;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static bool IsEmptyLine(ReadOnlySpan<byte> header, int at) =>
        header[at] == (byte)'\n' || (header[at] == (byte)'\r' && at + 1 < header.Length && header[at + 1] == (byte)'\n');
}
