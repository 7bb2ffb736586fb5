using System.Collections.Immutable;
using Sora.Sieve.Actions;
using Sora.Sieve.Matching;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Tests;

namespace Sora.Sieve.Validation;

/// <summary>A call whose arguments were checked against its definition: what builders of nodes read.</summary>
internal sealed class CallBinding(CompilationContext context, CallDefinition definition, CallSyntax syntax)
{
    private readonly List<TagBinding> _tags = [];

    public CompilationContext Context => context;

    public CallDefinition Definition => definition;

    public SourcePosition Position => syntax.Position;

    public CallSyntax Syntax => syntax;

    public IReadOnlyList<TagBinding> Tags => _tags;

    /// <summary>The first optional argument was left out; the others keep their numbers.</summary>
    public bool IsFirstLeftOut { get; internal set; }

    public ImmutableArray<TestNode> Tests { get; internal set; } = [];

    public ImmutableArray<CommandNode> Block { get; internal set; } = [];

    internal ArgumentSyntax?[] Positional { get; } = new ArgumentSyntax?[definition.Arguments.Length];

    internal MatchTypeDefinition? MatchTypeDefinition { get; set; }

    internal string MatchRelation { get; set; } = "";

    internal Comparator? ComparatorGiven { get; set; }

    internal AddressPart? AddressPartGiven { get; set; }

    public AddressPart AddressPart => AddressPartGiven ?? AddressPart.All;

    public Comparator Comparator => ComparatorGiven ?? context.DefaultComparator;

    public bool Has(string tag) => Tag(tag) is not null;

    public TagBinding? Tag(string name)
    {
        foreach (var tag in _tags)
            if (tag.Definition.Name == name)
                return tag;
        return null;
    }

    /// <summary>The match type looks at the number of values, not at them.</summary>
    public bool MatchesCount => MatchTypeDefinition?.Tag == "count";

    /// <summary>Where an argument stands.</summary>
    public SourcePosition ArgumentPosition(int index) => Positional[index]?.Position ?? syntax.Position;

    /// <summary>Where a string of a list stands.</summary>
    public SourcePosition ArgumentPosition(int index, int item) => Positional[index] is StringsSyntax strings ? strings.Strings[item].Position : syntax.Position;

    /// <summary>A positional string.</summary>
    public SieveString String(int index) =>
        Positional[index] is StringsSyntax strings ? context.String(strings.Strings[0]) : SieveString.Empty;

    /// <summary>A positional string as it stands in the script, variables not put in.</summary>
    public string Text(int index) => Positional[index] is StringsSyntax strings ? strings.Strings[0].Text : "";

    /// <summary>The positional argument is there.</summary>
    public bool HasArgument(int index) => Positional[index] is not null;

    /// <summary>A positional string list.</summary>
    public SieveStrings Strings(int index) => Positional[index] is StringsSyntax strings ? context.Strings(strings) : SieveStrings.None;

    /// <summary>A positional number.</summary>
    public long Number(int index) => Positional[index] is NumberSyntax number ? number.Value : 0;

    /// <summary>MATCH-TYPE and COMPARATOR with the keys of a positional string list.</summary>
    /// <param name="keys">Number of the argument.</param>
    /// <param name="captures">Wildcards set match variables where variables are in use (RFC 5229 section 3.2).</param>
    public MatchArguments? Match(int keys, bool captures = true) => context.Match(this, keys, captures);

    /// <summary>What the tags of others change about this action.</summary>
    public ImmutableArray<ActionModifier> Modifiers()
    {
        var modifiers = ImmutableArray.CreateBuilder<ActionModifier>();
        foreach (var tag in _tags)
            if (tag.Definition.Modifier?.Invoke(tag) is { } modifier)
                modifiers.Add(modifier);
        return modifiers.ToImmutable();
    }

    /// <summary>Which fields this test looks at.</summary>
    public HeaderQuery HeaderQuery(int names)
    {
        var query = new HeaderQuery(Strings(names));
        foreach (var tag in _tags)
            tag.Definition.Query?.Invoke(tag, query);
        query.Complete(this);
        return query;
    }

    public void Error(string message) => context.Error(syntax.Position, message);

    internal void Add(TagBinding tag) => _tags.Add(tag);
}
