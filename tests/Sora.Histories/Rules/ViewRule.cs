namespace Sora.Histories.Rules;

/// <summary>No client sees a sequence number that is wrong for its view: what it is told by EXISTS, EXPUNGE, VANISHED and FETCH fits together (RFC 9051 section 7.5.1).</summary>
internal sealed class ViewRule : IRule
{
    public IEnumerable<Violation> Check(Facts facts) => facts.BrokenViews;
}
