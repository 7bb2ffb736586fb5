using System.Buffers;

namespace Sora.Mime;

/// <summary>
/// Where extracted text goes: counts what may still be written, and lets only well-formed UTF-16 without NUL through, which is
/// what a database takes.
/// </summary>
internal sealed class SearchTextSink(IBufferWriter<char> output, int maxChars)
{
    private readonly char[] _buffer = new char[2048];
    private int _length;
    private char _highSurrogate;

    public int Remaining { get; private set; } = Math.Max(0, maxChars);

    public bool IsFull => Remaining == 0;

    public void Add(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            Add(c);
    }

    public void Add(char c)
    {
        if (_highSurrogate != 0)
        {
            char high = _highSurrogate;
            _highSurrogate = '\0';
            if (char.IsLowSurrogate(c))
            {
                if (Remaining < 2)
                {
                    Remaining = 0;
                    return;
                }
                Put(high);
                Put(c);
                return;
            }
            Put('\uFFFD');
        }
        if (char.IsHighSurrogate(c))
            _highSurrogate = c;
        else if (c != '\0')
            Put(char.IsLowSurrogate(c) ? '\uFFFD' : c);
    }

    public void Flush()
    {
        if (_highSurrogate != 0)
        {
            _highSurrogate = '\0';
            Put('\uFFFD');
        }
        output.Write(_buffer.AsSpan(0, _length));
        _length = 0;
    }

    private void Put(char c)
    {
        if (Remaining == 0)
            return;
        Remaining--;
        if (_length == _buffer.Length)
        {
            output.Write(_buffer);
            _length = 0;
        }
        _buffer[_length++] = c;
    }
}
