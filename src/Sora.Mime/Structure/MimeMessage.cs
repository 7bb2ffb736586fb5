using System.Buffers;

namespace Sora.Mime;

/// <summary>A parsed message: its structure, its envelope and its raw header block. Immutable.</summary>
public sealed class MimeMessage
{
    internal MimeMessage(MimePart root, Envelope envelope, ReadOnlyMemory<byte> header, bool headerTruncated)
    {
        Root = root;
        Envelope = envelope;
        Header = header;
        HeaderTruncated = headerTruncated;
        MessageId = envelope.MessageId is { } id ? MessageIds.First(id) : null;
    }

    /// <summary>The message as an entity.</summary>
    public MimePart Root { get; }

    /// <summary>The envelope (RFC 9051 section 7.5.2).</summary>
    public Envelope Envelope { get; }

    /// <summary>The raw header block, with the empty line that ends it if there was one; at most <see cref="MimeLimits.MaxHeaderBytes"/>.</summary>
    public ReadOnlyMemory<byte> Header { get; }

    /// <summary>Whether <see cref="Header"/> is only the beginning of the header block.</summary>
    public bool HeaderTruncated { get; }

    /// <summary>The Message-ID without angle brackets, comments and white space; null when there is none.</summary>
    public string? MessageId { get; }

    /// <summary>Size of the whole message in bytes.</summary>
    public long Size => Root.End;

    /// <summary>Writes the structure (the tree under <see cref="Root"/> with the envelopes of embedded messages) in Sora's binary form.</summary>
    public void Serialize(IBufferWriter<byte> writer) => StructureFormat.Write(Root, writer);

    /// <summary>
    /// Reads what <see cref="Serialize"/> wrote. <paramref name="prefixLength"/> is the number of bytes the store puts before the
    /// parsed bytes (trace fields added at delivery): the root's HeaderStart stays 0 and all other offsets move by it.
    /// </summary>
    /// <exception cref="MimeFormatException">The data is damaged or of an unknown version.</exception>
    public static MimePart DeserializeStructure(ReadOnlySpan<byte> data, int prefixLength = 0) =>
        TryDeserializeStructure(data, prefixLength, out var root)
            ? root
            : throw new MimeFormatException("The stored message structure is damaged or of an unknown version.");

    /// <summary>As <see cref="DeserializeStructure"/>, with false for damaged data.</summary>
    public static bool TryDeserializeStructure(
        ReadOnlySpan<byte> data, int prefixLength, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MimePart? root) =>
        StructureFormat.TryRead(data, prefixLength, out root);
}
