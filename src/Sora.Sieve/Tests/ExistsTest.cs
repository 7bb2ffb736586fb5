using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Tests;

/// <summary>exists (RFC 5228 section 5.5): all of the fields are there.</summary>
internal sealed class ExistsTest(SourcePosition position, HeaderQuery query) : TestNode(position)
{
    public override string Name => "exists";

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        foreach (var name in query.GetNames(run))
        {
            var isThere = query.IsPlain ? run.Headers.Contains(name) : (await query.FindAsync(run, name)).Count > 0;
            if (!isThere)
                return false;
        }

        return true;
    }
}
