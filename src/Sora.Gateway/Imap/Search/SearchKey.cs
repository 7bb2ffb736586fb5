using Sora.Contracts;

namespace Sora.Gateway.Imap.Search;

/// <summary>What a key says of a message, as far as the message is known.</summary>
internal enum Match
{
    No,
    Yes,

    /// <summary>More of the message must be read.</summary>
    Unknown,
}

/// <summary>How much of a message a key needs; also the order in which keys are tried.</summary>
internal enum SearchCost
{
    Index,
    Header,
    Text,
}

/// <summary>search-key (RFC 9051 section 6.4.4). Belongs to one command: <see cref="Bind"/> may keep what it finds.</summary>
internal abstract class SearchKey
{
    public virtual SearchCost Cost => SearchCost.Index;

    /// <summary>Resolves what depends on the mailbox, before the first <see cref="Evaluate"/>.</summary>
    public virtual void Bind(SelectedMailbox selected, MailboxIndex latest)
    {
    }

    public abstract Match Evaluate(SearchCandidate candidate);

    /// <summary>Adds the keys that look for text, here or below.</summary>
    public virtual void CollectTexts(List<TextKey> texts)
    {
    }

    /// <summary>Says what has to be known of messages, here or below.</summary>
    public virtual void Collect(SearchNeeds needs) => CollectTexts(needs.Texts);

    protected static Match Of(bool value) => value ? Match.Yes : Match.No;
}

/// <summary>All of the keys. Cheap ones come first, and one No ends it.</summary>
internal sealed class AndKey : SearchKey
{
    private readonly SearchKey[] _keys;

    public AndKey(IEnumerable<SearchKey> keys) => _keys = [.. keys.OrderBy(static key => key.Cost)];

    public override SearchCost Cost => _keys.Length == 0 ? SearchCost.Index : _keys[^1].Cost;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest)
    {
        foreach (var key in _keys)
            key.Bind(selected, latest);
    }

    public override Match Evaluate(SearchCandidate candidate)
    {
        var result = Match.Yes;
        foreach (var key in _keys)
        {
            var match = key.Evaluate(candidate);
            if (match == Match.No)
                return Match.No;
            if (match == Match.Unknown)
                result = Match.Unknown;
        }

        return result;
    }

    public override void CollectTexts(List<TextKey> texts)
    {
        foreach (var key in _keys)
            key.CollectTexts(texts);
    }

    public override void Collect(SearchNeeds needs)
    {
        foreach (var key in _keys)
            key.Collect(needs);
    }
}

/// <summary>OR.</summary>
internal sealed class OrKey : SearchKey
{
    private readonly SearchKey _first;
    private readonly SearchKey _second;

    public OrKey(SearchKey left, SearchKey right) => (_first, _second) = left.Cost <= right.Cost ? (left, right) : (right, left);

    public override SearchCost Cost => _second.Cost;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest)
    {
        _first.Bind(selected, latest);
        _second.Bind(selected, latest);
    }

    public override Match Evaluate(SearchCandidate candidate)
    {
        var first = _first.Evaluate(candidate);
        if (first == Match.Yes)
            return Match.Yes;
        var second = _second.Evaluate(candidate);
        return second == Match.Yes ? Match.Yes : first == Match.Unknown ? Match.Unknown : second;
    }

    public override void CollectTexts(List<TextKey> texts)
    {
        _first.CollectTexts(texts);
        _second.CollectTexts(texts);
    }

    public override void Collect(SearchNeeds needs)
    {
        _first.Collect(needs);
        _second.Collect(needs);
    }
}

/// <summary>NOT.</summary>
internal sealed class NotKey(SearchKey key) : SearchKey
{
    public override SearchCost Cost => key.Cost;

    public override void Bind(SelectedMailbox selected, MailboxIndex latest) => key.Bind(selected, latest);

    public override Match Evaluate(SearchCandidate candidate) => key.Evaluate(candidate) switch
    {
        Match.Yes => Match.No,
        Match.No => Match.Yes,
        _ => Match.Unknown,
    };

    public override void CollectTexts(List<TextKey> texts) => key.CollectTexts(texts);

    public override void Collect(SearchNeeds needs) => key.Collect(needs);
}
