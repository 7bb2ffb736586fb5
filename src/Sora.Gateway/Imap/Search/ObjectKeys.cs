using Sora.Contracts;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Search;

/// <summary>EMAILID (RFC 8474 section 6); without an id it matches nothing.</summary>
internal sealed class EmailIdKey(ContentId? id) : SearchKey
{
    /// <summary>Contents of the account that have the id of another one (<see cref="IMessageStore.EmailIdsAsync"/>).</summary>
    public IReadOnlyDictionary<ContentId, ContentId>? Copies { get; set; }

    public override Match Evaluate(SearchCandidate candidate)
    {
        var content = candidate.Row.Content;
        return Of((Copies?.GetValueOrDefault(content, content) ?? content) == id);
    }

    public override void Collect(SearchNeeds needs)
    {
        if (id is not null)
            needs.EmailIds.Add(this);
    }
}

/// <summary>THREADID (RFC 8474 section 6): the conversation that the id names, or the only message of it when that has no ids of its own.</summary>
internal sealed class ThreadIdKey : SearchKey
{
    private readonly ulong _conversation;
    private readonly EmailIdKey? _only;

    public ThreadIdKey(string id)
    {
        (_conversation, var email) = ObjectIds.ThreadOf(id);
        _only = email is null ? null : new EmailIdKey(email);
    }

    public override SearchCost Cost => IsKnown ? SearchCost.Header : SearchCost.Index;

    private bool IsKnown => _conversation != 0 || _only is not null;

    public override Match Evaluate(SearchCandidate candidate)
    {
        if (!IsKnown)
            return Match.No;
        if (_only?.Evaluate(candidate) == Match.No)
            return Match.No;
        return candidate.Conversation is { } conversation ? Of(conversation == _conversation) : Match.Unknown;
    }

    public override void Collect(SearchNeeds needs)
    {
        needs.Conversations |= IsKnown;
        _only?.Collect(needs);
    }
}

/// <summary>SAVEDBEFORE, SAVEDON, SAVEDSINCE (RFC 8514 section 4.4): the day of SAVEDATE in UTC, as FETCH shows it.</summary>
internal sealed class SaveDateKey(DateComparison comparison, DateOnly date) : SearchKey
{
    private readonly long _from = new DateTimeOffset(date, TimeOnly.MinValue, TimeSpan.Zero).ToUnixTimeSeconds();

    public override Match Evaluate(SearchCandidate candidate)
    {
        var time = candidate.Row.SaveDate;
        return Of(comparison switch
        {
            DateComparison.Before => time < _from,
            DateComparison.Since => time >= _from,
            _ => time >= _from && time < _from + 86_400,
        });
    }
}
