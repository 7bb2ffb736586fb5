using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Sora.Mime;

internal static class StructureFormat
{
    public static void Write(MimePart root, IBufferWriter<byte> writer) { }

    public static void Write(Envelope envelope, IBufferWriter<byte> writer) { }

    public static bool TryRead(ReadOnlySpan<byte> data, int prefixLength, [NotNullWhen(true)] out MimePart? root)
    {
        root = null;
        return false;
    }

    public static bool TryRead(ReadOnlySpan<byte> data, [NotNullWhen(true)] out Envelope? envelope)
    {
        envelope = null;
        return false;
    }
}
