using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Tests;

/// <summary>exists (RFC 5228 section 5.5): all of the fields are there.</summary>
internal sealed class ExistsTest(SourcePosition position, HeaderQuery query) : TestNode(position)
{
    public override string Name => "exists";

    protected override async ValueTask<bool> RunAsync(SieveRun run)
    {
        IReadOnlyList<HeaderBlock> blocks = query.Blocks is null ? [run.Headers] : await query.Blocks(run);
        foreach (var name in query.GetNames(run))
        {
            run.Spend(0, blocks.Count);
            var isThere = false;
            foreach (var block in blocks)
                isThere = isThere || block.Contains(name);
            if (!isThere)
                return false;
        }

        return true;
    }
}
