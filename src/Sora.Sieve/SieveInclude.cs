namespace Sora.Sieve;

/// <summary>A script that a script names in <c>include</c> (RFC 6609).</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsGlobal"><c>:global</c>: the site's, not the user's.</param>
/// <param name="IsOnce"><c>:once</c>.</param>
/// <param name="IsOptional"><c>:optional</c>.</param>
/// <param name="Line">Where <c>include</c> stands, from 1.</param>
/// <param name="Column">Character in the line, from 1.</param>
public sealed record SieveInclude(string Name, bool IsGlobal, bool IsOnce, bool IsOptional, int Line, int Column);

/// <summary>What a compilation has seen of <c>include</c>.</summary>
internal sealed class CompiledIncludes
{
    public List<SieveInclude> All { get; } = [];
}
