using System.Buffers;

namespace Sora.Mime;

/// <summary>What extracting text needs for a time. Some are kept, so that whoever extracts one message after another allocates none.</summary>
internal sealed class ExtractionBuffers
{
    private const int MostKept = 256 * 1024;

    private static readonly ExtractionBuffers?[] Spare = new ExtractionBuffers?[Environment.ProcessorCount];

    /// <summary>Text of a part without its transfer encoding.</summary>
    public ArrayBufferWriter<byte> Decoded { get; } = new(TextExtractor.SniffBytes);

    /// <summary>Decoded characters.</summary>
    public char[] Chars { get; } = new char[TextExtractor.CharsAtOnce];

    /// <summary>For <see cref="SearchTextSink"/>.</summary>
    public char[] Sink { get; } = new char[SearchTextSink.BufferLength];

    /// <summary>The extracted text, where it goes nowhere else.</summary>
    public ArrayBufferWriter<char> Text { get; } = new();

    public static ExtractionBuffers Rent()
    {
        for (var i = 0; i < Spare.Length; i++)
        {
            if (Interlocked.Exchange(ref Spare[i], null) is { } spare)
                return spare;
        }

        return new ExtractionBuffers();
    }

    /// <summary>Gives it back; nobody may use it any more.</summary>
    public void Return()
    {
        if (Decoded.Capacity > MostKept || Text.Capacity > MostKept)
            return;
        Text.ResetWrittenCount();
        for (var i = 0; i < Spare.Length; i++)
        {
            if (Interlocked.CompareExchange(ref Spare[i], this, null) is null)
                return;
        }
    }
}
