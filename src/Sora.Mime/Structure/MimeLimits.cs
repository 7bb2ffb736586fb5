namespace Sora.Mime;

/// <summary>
/// Bounds on what <see cref="MimeReader"/> keeps in memory for one message. Beyond a bound the bytes are still read and
/// the offsets stay right; only detail is left out.
/// </summary>
public sealed record MimeLimits
{
    /// <summary>The limits used when none are given.</summary>
    public static MimeLimits Default { get; } = new();

    /// <summary>How deep multipart and message/rfc822 may nest (0 or more). A deeper entity is one application/octet-stream leaf.</summary>
    public int MaxDepth { get; init; } = 100;

    /// <summary>How many parts one message may have (1 or more). What follows the last allowed part belongs to it.</summary>
    public int MaxParts { get; init; } = 10_000;

    /// <summary>Bytes of one header block that are kept and parsed; the rest is skipped.</summary>
    public int MaxHeaderBytes { get; init; } = 256 * 1024;

    /// <summary>Bytes of all nested header blocks together that are parsed in full; later ones are parsed up to 1 KiB each.</summary>
    public int MaxStructureBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Addresses kept over all envelopes of a message; later ones are left out.</summary>
    public int MaxAddresses { get; init; } = 20_000;

    /// <summary>Parameters kept of one Content-Type or Content-Disposition field.</summary>
    public int MaxParameters { get; init; } = 256;
}
