using System.Collections.Immutable;
using Sora.Sieve.Runtime;

namespace Sora.Sieve;

/// <summary>A compiled script. Immutable; any number of threads may run it at a time.</summary>
public sealed class SieveScript
{
    internal SieveScript(
        ImmutableArray<CommandNode> commands, ImmutableHashSet<string> required, ImmutableHashSet<string> inRequire, ImmutableArray<SieveInclude> includes, int size)
    {
        Commands = commands;
        Required = required;
        InRequire = inRequire;
        Includes = includes;
        Size = size;
        UsesVariables = required.Contains("variables");
    }

    /// <summary>The capabilities that the script requires, or asks for by <c>ihave</c>.</summary>
    public ImmutableHashSet<string> Required { get; }

    /// <summary>Size of the source in bytes.</summary>
    public int Size { get; }

    /// <summary>The scripts that it names in <c>include</c>, in order.</summary>
    public ImmutableArray<SieveInclude> Includes { get; }

    /// <summary>The capabilities in <c>require</c> itself.</summary>
    internal ImmutableHashSet<string> InRequire { get; }

    internal ImmutableArray<CommandNode> Commands { get; }

    internal bool UsesVariables { get; }
}
