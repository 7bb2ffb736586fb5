using System.Buffers;

namespace Sora.Mime;

/// <summary>
/// Where extracted text goes: counts what may still be written, and lets only well-formed UTF-16 without NUL through, which is
/// what a database takes.
/// </summary>
/// <param name="output">Where it goes.</param>
/// <param name="maxChars">Most characters that are written.</param>
/// <param name="buffer">Room for what is written at a time; nobody else's until the sink is flushed.</param>
internal sealed class SearchTextSink(IBufferWriter<char> output, int maxChars, char[]? buffer = null)
{
    public const int BufferLength = 2048;

    private readonly char[] _buffer = buffer ?? new char[BufferLength];
    private int _length;
    private char _highSurrogate;

    public int Remaining { get; private set; } = Math.Max(0, maxChars);

    /// <summary>Characters written; fewer than the limit where the last one would have been half a character.</summary>
    public int Written { get; private set; }

    public bool IsFull => Remaining == 0;

    public void Add(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && Remaining > 0)
        {
            int plain = _highSurrogate != 0 ? 0 : PlainLength(text);
            if (plain > 0)
                PutAll(text[..plain]);
            else
                Add(text[0]);
            text = text[Math.Max(plain, 1)..];
        }
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

    private static int PlainLength(ReadOnlySpan<char> text)
    {
        int length = text.IndexOfAnyInRange('\uD800', '\uDFFF');
        text = length < 0 ? text : text[..length];
        length = text.IndexOf('\0');
        return length < 0 ? text.Length : length;
    }

    private void PutAll(ReadOnlySpan<char> text)
    {
        while (!text.IsEmpty && Remaining > 0)
        {
            if (_length == _buffer.Length)
            {
                output.Write(_buffer);
                _length = 0;
            }
            int take = Math.Min(Math.Min(text.Length, Remaining), _buffer.Length - _length);
            text[..take].CopyTo(_buffer.AsSpan(_length));
            _length += take;
            Remaining -= take;
            Written += take;
            text = text[take..];
        }
    }

    private void Put(char c)
    {
        if (Remaining == 0)
            return;
        Remaining--;
        Written++;
        if (_length == _buffer.Length)
        {
            output.Write(_buffer);
            _length = 0;
        }
        _buffer[_length++] = c;
    }
}
