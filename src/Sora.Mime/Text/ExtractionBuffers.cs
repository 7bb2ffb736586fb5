using System.Buffers;

namespace Sora.Mime;

/// <summary>What extracting text needs for a time. One is kept, so that whoever extracts one message after another allocates none.</summary>
internal sealed class ExtractionBuffers
{
    private const int MostKept = 256 * 1024;

    private static ExtractionBuffers? _spare;

    /// <summary>Text of a part without its transfer encoding.</summary>
    public ArrayBufferWriter<byte> Decoded { get; } = new(TextExtractor.SniffBytes);

    /// <summary>Decoded characters.</summary>
    public char[] Chars { get; } = new char[TextExtractor.CharsAtOnce];

    /// <summary>For <see cref="SearchTextSink"/>.</summary>
    public char[] Sink { get; } = new char[SearchTextSink.BufferLength];

    public static ExtractionBuffers Rent() => Interlocked.Exchange(ref _spare, null) ?? new ExtractionBuffers();

    /// <summary>Gives it back; nobody may use it any more.</summary>
    public void Return()
    {
        if (Decoded.Capacity <= MostKept)
            Volatile.Write(ref _spare, this);
    }
}
