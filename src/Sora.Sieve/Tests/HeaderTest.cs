using Sora.Sieve.Matching;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Tests;

/// <summary>header (RFC 5228 section 5.7).</summary>
internal sealed class HeaderTest(SourcePosition position, HeaderQuery query, MatchArguments match) : TestNode(position)
{
    public override string Name => "header";

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        var matcher = match.For(run);
        var count = 0;
        if (!query.IsPlain)
        {
            foreach (var entry in await query.FindAsync(run))
            {
                foreach (var value in query.Values?.Invoke(run, entry) ?? [entry.Value])
                {
                    count++;
                    if (!matcher.CountsValues && await matcher.MatchAsync(run, value))
                        return true;
                }
            }

            return matcher.CountsValues && matcher.MatchCount(run, count);
        }

        foreach (var name in query.GetNames(run))
        {
            foreach (var entry in run.Headers.Find(name))
            {
                count++;
                if (!matcher.CountsValues && await matcher.MatchAsync(run, entry.Value))
                    return true;
            }
        }

        return matcher.CountsValues && matcher.MatchCount(run, count);
    }
}
