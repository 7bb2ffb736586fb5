namespace Sora.Mime;

/// <summary>Reads parameter values: RFC 2231 continuations and charsets, and encoded-words where they should not be.</summary>
public static class ParameterDecoder
{
    /// <summary>The decoded value of the parameter <paramref name="name"/> (ASCII, any case), or null. Never throws.</summary>
    public static string? Find(IReadOnlyList<MimeParameter> parameters, string name) => null;

    /// <summary>The file name of a part: disposition's filename, or else the type's name.</summary>
    public static string? FileName(MimePart part) => Find(part.DispositionParameters, "filename") ?? Find(part.Parameters, "name");
}
