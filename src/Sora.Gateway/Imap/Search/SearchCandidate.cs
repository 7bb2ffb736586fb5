using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>A message while it is searched: more and more of it is known.</summary>
internal sealed class SearchCandidate
{
    public MessageRow Row { get; set; }

    /// <summary>The day of the Date field (<see cref="DateOnly.DayNumber"/>; -1 without a readable one), once it was asked for.</summary>
    public int? SentDay { get; set; }

    /// <summary>What it has in common with the messages of its conversation (<see cref="MessageKeys.Conversations"/>), once it was asked for.</summary>
    public ulong? Conversation { get; set; }

    /// <summary>What the search index knows, once it was asked.</summary>
    public IndexedTexts? Index { get; set; }

    /// <summary>The header block, once it was read.</summary>
    public ReadOnlyMemory<byte>? Header { get; set; }

    /// <summary>Keys whose text was found in the body, or in the header of a part, once these were read.</summary>
    public HashSet<TextKey>? FoundTexts { get; set; }

    /// <summary>The search index's answer to a question.</summary>
    public Match Ask(int question) => Index?.Of(question, Row.Content) ?? Match.Unknown;
}
