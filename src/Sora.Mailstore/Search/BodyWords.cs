using System.Buffers;
using System.Text;
using Sora.Mime;

namespace Sora.Mailstore.Search;

/// <summary>Takes the text of a message's text parts as it is extracted: gives its words to a segment, and keeps it up to a limit.</summary>
/// <param name="maxKept">Most bytes of UTF-8 that are kept.</param>
/// <param name="maxWords">Most bytes that the words of one message may take.</param>
internal sealed class BodyWords(int maxKept, long maxWords) : FoldingWriter
{
    private readonly ArrayBufferWriter<byte> _kept = new(16 * 1024);
    private readonly char[] _window = new char[8 * 1024];
    private int _length;
    private SegmentBuilder? _segment;
    private bool _isTooLong;
    private long _sizeBefore;

    /// <summary>The folded text in UTF-8; null when it was longer than the limit.</summary>
    public ReadOnlyMemory<byte>? Text => _isTooLong ? null : _kept.WrittenMemory;

    public void Begin(SegmentBuilder segment)
    {
        Reset();
        _segment = segment;
        _sizeBefore = segment.Size;
        _kept.ResetWrittenCount();
        _length = 0;
        _isTooLong = false;
    }

    /// <summary>The text has ended.</summary>
    public void Complete()
    {
        Flush();
        Cut(isEnd: true);
    }

    protected override void Take(ReadOnlySpan<char> folded)
    {
        Keep(folded);

        // What is left of the window is shorter than a word, and what comes at once is at most half of the window
        folded.CopyTo(_window.AsSpan(_length));
        _length += folded.Length;
        Cut(isEnd: false);
        if (_segment!.Size - _sizeBefore > maxWords)
            throw new TooManyWordsException();
    }

    // The word at the end may go on in what comes next; of a very long one all pieces but the last are done
    private void Cut(bool isEnd)
    {
        var text = _window.AsSpan(0, _length);
        while (!text.IsEmpty)
        {
            var length = WordCutter.WordLength(text);
            if (length == text.Length && !isEnd)
            {
                while (text.Length > WordCutter.MaxLength)
                {
                    _segment!.AddBodyWord(WordCutter.Piece(text, out var next));
                    _segment.SeparateBody(PositionLayout.Break);
                    text = text[next..];
                }

                break;
            }

            if (length > 0)
                _segment!.AddBodyWord(text[..length]);
            if (length == text.Length)
            {
                text = default;
                break;
            }

            _segment!.SeparateBody(text[length]);
            text = text[(length + 1)..];
        }

        text.CopyTo(_window);
        _length = text.Length;
    }

    private void Keep(ReadOnlySpan<char> text)
    {
        if (_isTooLong || _kept.WrittenCount + text.Length > maxKept)
            _isTooLong = true;
        else
            Encoding.UTF8.GetBytes(text, _kept);
    }
}
