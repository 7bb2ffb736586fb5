namespace Sora.Sieve.Runtime;

/// <summary>What the <c>ihave</c> tests of a run have found, in each script for itself: no others than those which have run (RFC 5463 section 4).</summary>
internal sealed class FoundExtensions
{
    private readonly HashSet<(SieveScript, string)> _found = [];

    public void Add(SieveScript script, string capability) => _found.Add((script, capability));

    /// <summary>Fails where one of these is used before it was found.</summary>
    public static void Check(SieveRun run, string[] capabilities)
    {
        foreach (var capability in capabilities)
        {
            if (!run.State<FoundExtensions>()._found.Contains((run.Script, capability)))
                throw new SieveRuntimeException($"The extension \"{capability}\" is used here, and no 'ihave' has found it before");
        }
    }
}
