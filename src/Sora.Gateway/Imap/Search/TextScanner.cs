using System.Buffers;

namespace Sora.Gateway.Imap.Search;

/// <summary>Looks for texts in a stream of characters, without regard to case and to where the stream is cut, in bounded memory.</summary>
internal sealed class TextScanner : IBufferWriter<char>
{
    private const int Room = 8 * 1024;

    private readonly List<TextKey> _wanted;
    private readonly int _overlap;
    private char[] _buffer;
    private int _length;

    public TextScanner(IReadOnlyList<TextKey> wanted)
    {
        _wanted = [.. wanted];
        foreach (var key in wanted)
            _overlap = Math.Max(_overlap, key.Text.Length - 1);
        _buffer = new char[_overlap + Room];
    }

    public HashSet<TextKey> Found { get; } = [];

    /// <summary>All were found: the rest does not matter.</summary>
    public bool IsDone => _wanted.Count == 0;

    public void Advance(int count) => _length += count;

    public Memory<char> GetMemory(int sizeHint = 0)
    {
        var needed = Math.Max(sizeHint, 256);
        if (_buffer.Length - _length < needed)
            Scan();
        if (_buffer.Length - _length < needed)
            Array.Resize(ref _buffer, _length + needed);
        return _buffer.AsMemory(_length);
    }

    public Span<char> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Searches what has not been searched, and keeps the end for a text that goes on behind it.</summary>
    public void Scan()
    {
        for (var i = _wanted.Count - 1; i >= 0; i--)
        {
            if (!_buffer.AsSpan(0, _length).Contains(_wanted[i].Text, StringComparison.OrdinalIgnoreCase))
                continue;
            Found.Add(_wanted[i]);
            _wanted.RemoveAt(i);
        }

        var kept = Math.Min(_overlap, _length);
        _buffer.AsSpan(_length - kept, kept).CopyTo(_buffer);
        _length = kept;
    }
}
