using Sora.Contracts;

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
