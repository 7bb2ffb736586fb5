using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>What the keys of a search must know of messages beyond the mailbox's index.</summary>
internal sealed class SearchNeeds
{
    private readonly List<TextQuestion> _questions = [];

    public IReadOnlyList<TextQuestion> Questions => _questions;

    /// <summary>Keys whose texts are looked for in bodies.</summary>
    public List<TextKey> Texts { get; } = [];

    /// <summary>Keys that ask for an EMAILID.</summary>
    public List<EmailIdKey> EmailIds { get; } = [];

    /// <summary>The day of the Date field is needed.</summary>
    public bool SentDays { get; set; }

    /// <summary>What conversation a message is of is needed.</summary>
    public bool Conversations { get; set; }

    /// <summary>The number of a question to the search index; the same one is asked once.</summary>
    public int Ask(TextField field, string text)
    {
        var question = new TextQuestion(field, text);
        var number = _questions.IndexOf(question);
        if (number >= 0)
            return number;
        _questions.Add(question);
        return _questions.Count - 1;
    }
}
