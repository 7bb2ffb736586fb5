using Sora.Mime;

namespace Sora.Gateway.Imap.Search;

/// <summary>Looks for texts in a stream of characters, without regard to case and to where the stream is cut, in bounded memory.</summary>
internal sealed class TextScanner : FoldingWriter
{
    private const int Room = 16 * 1024;

    private readonly List<TextKey> _wanted;
    private readonly int _overlap;
    private readonly char[] _buffer;
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

    /// <summary>Looks into the header of a part, for the keys that want that.</summary>
    public void TakeHeader(MimePart part, ReadOnlySpan<byte> header)
    {
        if (!_wanted.Exists(static key => key.WithHeader))
            return;
        foreach (var line in SearchText.PartLines(part, header))
        {
            for (var i = _wanted.Count - 1; i >= 0; i--)
            {
                if (_wanted[i].WithHeader && line.Contains(_wanted[i].Text, StringComparison.Ordinal))
                    Find(i);
            }
        }
    }

    /// <summary>The text has ended: searches what has not been searched.</summary>
    public void Complete()
    {
        Flush();
        Scan();
    }

    protected override void Take(ReadOnlySpan<char> folded)
    {
        while (!folded.IsEmpty)
        {
            if (_length == _buffer.Length)
                Scan();
            var piece = folded[..Math.Min(folded.Length, _buffer.Length - _length)];
            piece.CopyTo(_buffer.AsSpan(_length));
            _length += piece.Length;
            folded = folded[piece.Length..];
        }
    }

    // Keeps the end, for a text that goes on behind it
    private void Scan()
    {
        for (var i = _wanted.Count - 1; i >= 0; i--)
        {
            if (_buffer.AsSpan(0, _length).Contains(_wanted[i].Text, StringComparison.Ordinal))
                Find(i);
        }

        var kept = Math.Min(_overlap, _length);
        _buffer.AsSpan(_length - kept, kept).CopyTo(_buffer);
        _length = kept;
    }

    private void Find(int number)
    {
        Found.Add(_wanted[number]);
        _wanted.RemoveAt(number);
    }
}
