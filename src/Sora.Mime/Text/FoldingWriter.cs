using System.Buffers;

namespace Sora.Mime;

/// <summary>
/// Folds text as <see cref="SearchText"/> does, as it is written. It may be cut anywhere, between the halves of a character too.
/// </summary>
public abstract class FoldingWriter : IBufferWriter<char>
{
    private const int RawLength = 4096;
    private const int FoldedLength = 4096;

    private readonly char[] _raw = new char[RawLength];
    private readonly char[] _folded = new char[FoldedLength];
    private int _held; // half a character at the start of the raw text
    private bool _afterSpace;

    /// <inheritdoc/>
    public void Advance(int count)
    {
        var raw = _raw.AsSpan(0, _held + count);
        _held = 0;
        if (!raw.IsEmpty && char.IsHighSurrogate(raw[^1]))
        {
            Fold(raw[..^1]);
            _raw[0] = raw[^1];
            _held = 1;
        }
        else
        {
            Fold(raw);
        }
    }

    /// <inheritdoc/>
    public Memory<char> GetMemory(int sizeHint = 0) =>
        sizeHint < RawLength ? _raw.AsMemory(_held) : throw new ArgumentOutOfRangeException(nameof(sizeHint));

    /// <inheritdoc/>
    public Span<char> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>Takes the next piece of the folded text.</summary>
    protected abstract void Take(ReadOnlySpan<char> folded);

    /// <summary>Begins another text: forgets what was held back.</summary>
    protected void Reset() => (_held, _afterSpace) = (0, false);

    /// <summary>Ends the text: passes on what was held back.</summary>
    protected void Flush()
    {
        var held = _held;
        _held = 0;
        Fold(_raw.AsSpan(0, held));
    }

    private void Fold(ReadOnlySpan<char> raw)
    {
        while (!raw.IsEmpty)
        {
            raw = raw[UnicodeCasemap.Fold(raw, _folded, out var written)..];
            Take(_folded.AsSpan(0, WhiteSpace.Collapse(_folded.AsSpan(0, written), ref _afterSpace)));
        }
    }
}
