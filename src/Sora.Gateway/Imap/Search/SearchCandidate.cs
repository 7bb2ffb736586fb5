using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>A message while it is searched: more and more of it is known.</summary>
internal sealed class SearchCandidate
{
    public MessageRow Row { get; set; }

    /// <summary>The header block, once it was read.</summary>
    public ReadOnlyMemory<byte>? Header { get; set; }

    /// <summary>Keys whose text was found in the body, once it was read.</summary>
    public HashSet<TextKey>? FoundTexts { get; set; }
}
