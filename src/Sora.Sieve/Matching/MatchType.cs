using Sora.Sieve.Validation;

namespace Sora.Sieve.Matching;

/// <summary>A match type (RFC 5228 section 2.7.1): makes matchers of comparators and keys.</summary>
internal abstract class MatchType
{
    /// <summary>Limits of the keys.</summary>
    public SieveCompilerOptions Options { get; set; } = SieveCompilerOptions.Default;

    /// <summary>Needs a comparator that knows substrings.</summary>
    public virtual bool NeedsSubstring => false;

    /// <summary>Steps that it costs to make a matcher while a script runs, for each key.</summary>
    public virtual int CreationCost => 1;

    /// <summary>Why a key can never be one, or null; asked for keys that are known when the script is compiled.</summary>
    public virtual string? Check(string key, CompilationContext context) => null;

    /// <summary>Makes a matcher for some keys.</summary>
    /// <param name="comparator">Brings values and keys into their normal form.</param>
    /// <param name="keys">Any of them is to match.</param>
    /// <param name="captures">Variables are in use: say what the wildcards stood for.</param>
    public abstract Matcher Create(Comparator comparator, string[] keys, bool captures);

    /// <summary>As above, for keys that a run has made of variables: they are held against the values of one test.</summary>
    public virtual Matcher CreateOnce(Comparator comparator, string[] keys, bool captures) => Create(comparator, keys, captures);
}

internal sealed class IsMatchType : MatchType
{
    public override Matcher Create(Comparator comparator, string[] keys, bool captures) => new IsMatcher(comparator, keys);
}

internal sealed class ContainsMatchType : MatchType
{
    public override bool NeedsSubstring => true;

    public override Matcher Create(Comparator comparator, string[] keys, bool captures) => new ContainsMatcher(comparator, keys);
}

internal sealed class MatchesMatchType : MatchType
{
    public override bool NeedsSubstring => true;

    public override Matcher Create(Comparator comparator, string[] keys, bool captures) => new MatchesMatcher(comparator, keys, captures);
}
