using System.Collections.Immutable;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>The scripts that run for a recipient, in order.</summary>
/// <param name="Scripts">Those that compile, up to the first that does not.</param>
/// <param name="Broken">The one that does not compile; those behind it do not run. Null when all do.</param>
public sealed record ScriptSequence(ImmutableArray<SieveSequenceItem> Scripts, BrokenScript? Broken = null)
{
    /// <summary>A sequence of one script.</summary>
    public static ScriptSequence Of(string name, SieveScript script) => new([new SieveSequenceItem(name, script)]);
}

/// <summary>A script that should run and does not compile: an extension was disabled since it was put, or a file of the site is wrong.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Line">Line of the first error.</param>
/// <param name="Message">The first error.</param>
public sealed record BrokenScript(string Name, int Line, string Message)
{
    internal static BrokenScript Of(string name, SieveCompilation compilation)
    {
        foreach (var diagnostic in compilation.Diagnostics)
        {
            if (diagnostic.Severity == SieveSeverity.Error)
                return new BrokenScript(name, diagnostic.Line, diagnostic.Message);
        }

        return new BrokenScript(name, 0, "The script does not compile");
    }
}
