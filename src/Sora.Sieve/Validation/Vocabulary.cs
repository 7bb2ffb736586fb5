using Sora.Sieve.Matching;
using Sora.Sieve.Runtime;
using MatchType = Sora.Sieve.Matching.MatchType;

namespace Sora.Sieve.Validation;

/// <summary>A match type as scripts name it.</summary>
/// <param name="Tag">The tag without its colon.</param>
/// <param name="Kind">What stands behind the tag: nothing, or a string that is known when the script is compiled.</param>
/// <param name="Create">Makes the match type; null when the string is none that it knows.</param>
internal sealed record MatchTypeDefinition(string Tag, ArgumentKind Kind, Func<string, MatchType?> Create)
{
    /// <summary>The only tests that take it; null for all.</summary>
    public string[]? Tests { get; init; }

    /// <summary>It stands with no comparator.</summary>
    public bool ExcludesComparator { get; init; }

    public string Capability { get; internal set; } = "";
}

/// <summary>A part of an address as scripts name it.</summary>
internal sealed record AddressPartDefinition(string Tag, AddressPart Part)
{
    public string Capability { get; internal set; } = "";
}

/// <summary>A part of the envelope (RFC 5228 section 5.4).</summary>
/// <param name="Name">Its name in small letters.</param>
/// <param name="IsAddress">It holds an address: ADDRESS-PART means something.</param>
/// <param name="Get">Its values; null for the part itself where the transport gave none.</param>
internal sealed record EnvelopePartDefinition(string Name, bool IsAddress, Func<SieveRun, SieveEnvelope, IEnumerable<string>> Get)
{
    public string Capability { get; internal set; } = "";
}

/// <summary>A namespace of variables (RFC 5229 section 3).</summary>
/// <param name="Name">Its name in small letters.</param>
/// <param name="Resolve">Gives what reads a variable, its name in small letters; null when there is none of that name.</param>
internal sealed record NamespaceDefinition(string Name, Func<CompilationContext, string, Func<SieveRun, string>?> Resolve)
{
    /// <summary>Gives what sets a variable of the namespace; null where <c>set</c> cannot name it (RFC 5229 section 4).</summary>
    public Func<CompilationContext, string, Action<SieveRun, string>?>? Assign { get; init; }

    public string Capability { get; internal set; } = "";
}

/// <summary>All that scripts may say, each thing with the capability that it needs.</summary>
internal sealed class Vocabulary
{
    private readonly Dictionary<string, List<CallDefinition>> _calls = [];
    private readonly Dictionary<string, List<TagDefinition>> _tags = [];
    private readonly Dictionary<string, MatchTypeDefinition> _matchTypes = [];
    private readonly Dictionary<string, AddressPartDefinition> _addressParts = [];
    private readonly Dictionary<string, EnvelopePartDefinition> _envelopeParts = [];
    private readonly Dictionary<string, NamespaceDefinition> _namespaces = [];
    private readonly Dictionary<string, (Comparator Comparator, string Capability)> _comparators = [];
    private string _capability = "";

    public void Add(SieveExtension extension)
    {
        _capability = extension.Capability;
        extension.Register(this);
    }

    /// <summary>Adds a command.</summary>
    public void Command(CallDefinition definition) => Call(definition);

    /// <summary>Adds a test.</summary>
    public void Test(CallDefinition definition) => Call(definition);

    /// <summary>Adds a tag.</summary>
    public void Tag(TagDefinition definition)
    {
        definition.Capability = _capability;
        foreach (var call in definition.Calls)
        {
            var key = $"{call}:{definition.Name}";
            if (!_tags.TryGetValue(key, out var tags))
                _tags[key] = tags = [];
            tags.Add(definition);
        }
    }

    /// <summary>Adds a match type.</summary>
    public void MatchType(MatchTypeDefinition definition)
    {
        definition.Capability = _capability;
        _matchTypes.Add(definition.Tag, definition);
    }

    /// <summary>Adds a part of addresses.</summary>
    public void AddressPart(AddressPartDefinition definition)
    {
        definition.Capability = _capability;
        _addressParts.Add(definition.Tag, definition);
    }

    /// <summary>Adds a part of the envelope.</summary>
    public void EnvelopePart(EnvelopePartDefinition definition)
    {
        definition.Capability = _capability;
        _envelopeParts.Add(definition.Name, definition);
    }

    /// <summary>Adds a namespace of variables.</summary>
    public void Namespace(NamespaceDefinition definition)
    {
        definition.Capability = _capability;
        _namespaces.Add(definition.Name, definition);
    }

    /// <summary>Adds a comparator.</summary>
    public void Comparator(Comparator comparator) => _comparators.Add(comparator.Name, (comparator, _capability));

    /// <summary>Commands or tests of that name, from any extension.</summary>
    public IReadOnlyList<CallDefinition> FindCalls(string name) => _calls.TryGetValue(name, out var calls) ? calls : [];

    /// <summary>Tags of that name of a call, from any extension.</summary>
    public IReadOnlyList<TagDefinition> FindTags(string call, string tag) => _tags.TryGetValue($"{call}:{tag}", out var tags) ? tags : [];

    /// <summary>Names of commands or of tests.</summary>
    public IEnumerable<string> CallNames(bool isTest) => _calls.Where(call => call.Value.Exists(definition => definition.IsTest == isTest)).Select(static call => call.Key);

    /// <summary>Tags that a call may have.</summary>
    public IEnumerable<string> TagNames(CallDefinition call)
    {
        var names = _tags.Keys.Where(key => key.StartsWith($"{call.Name}:", StringComparison.Ordinal)).Select(key => key[(call.Name.Length + 1)..]);
        if (call.IsMatching)
            names = names.Concat(_matchTypes.Keys).Append("comparator");
        return call.HasAddressPart ? names.Concat(_addressParts.Keys) : names;
    }

    /// <summary>Names of comparators.</summary>
    public IEnumerable<string> ComparatorNames => _comparators.Keys;

    /// <summary>Names of the parts of the envelope.</summary>
    public IEnumerable<string> EnvelopePartNames => _envelopeParts.Keys;

    public MatchTypeDefinition? FindMatchType(string tag) => _matchTypes.GetValueOrDefault(tag);

    public AddressPartDefinition? FindAddressPart(string tag) => _addressParts.GetValueOrDefault(tag);

    public EnvelopePartDefinition? FindEnvelopePart(string name) => _envelopeParts.GetValueOrDefault(name);

    public NamespaceDefinition? FindNamespace(string name) => _namespaces.GetValueOrDefault(name);

    public Comparator? FindComparator(string name, out string capability)
    {
        var isKnown = _comparators.TryGetValue(name, out var found);
        capability = isKnown ? found.Capability : "";
        return isKnown ? found.Comparator : null;
    }

    private void Call(CallDefinition definition)
    {
        definition.Capability = _capability;
        if (!_calls.TryGetValue(definition.Name, out var calls))
            _calls[definition.Name] = calls = [];
        calls.Add(definition);
    }
}
