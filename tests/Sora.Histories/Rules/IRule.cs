namespace Sora.Histories.Rules;

internal interface IRule
{
    IEnumerable<Violation> Check(Facts facts);
}
