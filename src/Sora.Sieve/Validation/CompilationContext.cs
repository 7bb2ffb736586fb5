using System.Collections.Immutable;
using Sora.Sieve.Commands;
using Sora.Sieve.Extensions;
using Sora.Sieve.Matching;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Validation;

/// <summary>One script on its way from syntax to nodes.</summary>
internal sealed class CompilationContext(SieveCompilerOptions options, SieveRegistry registry, DiagnosticList diagnostics)
{
    private readonly HashSet<string> _enabled = [];
    private readonly HashSet<string> _asked = []; // those of them that only ihave names
    private readonly ExtensionStates _states = new();
    private string? _deferred; // the first error since the last command began, in code that ihave guards
    private List<string>? _used; // what ihave must have found before the command at hand

    public SieveCompilerOptions Options => options;

    public Vocabulary Vocabulary => registry.Vocabulary;

    /// <summary>The capabilities that the script has required so far.</summary>
    public IReadOnlySet<string> Enabled => _enabled;

    /// <summary>Those of them that stand in <c>require</c>.</summary>
    public HashSet<string> InRequire { get; } = [];

    public Comparator DefaultComparator { get; } = registry.Vocabulary.FindComparator("i;ascii-casemap", out _)!;

    /// <summary>
    /// Greater than 0 in code that runs only where <c>ihave</c> was true: errors there are errors when it runs, if it does (RFC 5463 section 4).
    /// </summary>
    public int GuardDepth { get; set; }

    /// <summary>
    /// An <c>ihave</c> has asked for what is not there: from here on names that nothing knows are errors when the script gets to them (RFC 5463 section 4), as it does not behind
    /// <c>if not ihave … { stop; }</c>.
    /// </summary>
    public bool LacksExtension { get; set; }

    /// <summary>State of an extension, made when it is first asked for.</summary>
    public T State<T>()
        where T : class, new() => _states.Get<T>();

    public bool IsEnabled(string capability)
    {
        if (_asked.Count > 0 && _asked.Contains(capability))
            (_used ??= []).Add(capability);
        return capability.Length == 0 || _enabled.Contains(capability);
    }

    /// <summary>The engine has the extension, and scripts may use it.</summary>
    public bool IsSupported(string capability) =>
        registry.Find(capability) is not null && (options.Extensions.Contains(capability) || ComparatorExtension.IsBuiltIn(capability));

    /// <summary>A hint at what the author may have meant, behind a message; see <see cref="Spelling"/>.</summary>
    public string Hint(string name, IEnumerable<string> known, Func<string, string> show) =>
        GuardDepth > 0 || diagnostics.IsFull ? "" : Spelling.Hint(name, known, show);

    /// <summary>What a script may require.</summary>
    public IEnumerable<string> SupportedNames => options.Extensions.Where(IsSupported);

    public void Enable(string capability)
    {
        if (!_enabled.Add(capability))
            return;
        foreach (var implied in registry.Find(capability)?.Implies ?? [])
            Enable(implied);
    }

    /// <summary>
    /// <c>ihave</c> names it, and the engine has it: it can be used from here on, once the test has run (RFC 5463 section 4). All that is found with it is added to the list.
    /// </summary>
    public void EnableAsked(string capability, List<string> found)
    {
        if (_asked.Contains(capability) || _enabled.Add(capability))
        {
            _asked.Add(capability);
            found.Add(capability);
        }

        foreach (var implied in registry.Find(capability)?.Implies ?? [])
            EnableAsked(implied, found);
    }

    public void Error(SourcePosition position, string message, string? found = null, string? expected = null)
    {
        if (GuardDepth == 0)
            diagnostics.Error(position, message, found, expected);
        else
            _deferred ??= message;
    }

    /// <summary>A name that nothing here knows.</summary>
    public void UnknownName(SourcePosition position, string message)
    {
        if (!LacksExtension || GuardDepth > 0)
        {
            Error(position, message);
            return;
        }

        Warning(position, message + ": if the script gets here, it fails");
        _deferred ??= message;
    }

    /// <summary>An error in the frame of the script, which is one in guarded code too.</summary>
    public void SyntaxError(SourcePosition position, string message, string? found = null, string? expected = null) =>
        diagnostics.Error(position, message, found, expected);

    /// <summary>Something that is no error, but hardly what was meant (RFC 5804 section 2.6). Behind an error there is no telling.</summary>
    public void Warning(SourcePosition position, string message)
    {
        if (!diagnostics.HasErrors)
            diagnostics.Warning(position, message);
    }

    /// <summary>Redirects that may have been carried out before this place.</summary>
    public int Redirects { get; set; }

    /// <summary>Counts a redirect: those beyond the limit of a run may be too many, if all of them are carried out.</summary>
    public void CountRedirect(SourcePosition position)
    {
        if (++Redirects > options.MaxRedirects)
            Warning(position, $"A message can be redirected {options.MaxRedirects} times; if it gets here after that, the script fails");
    }

    public ImmutableArray<CommandNode> Block(ImmutableArray<CallSyntax> commands) => new BlockCompiler(this).Compile(commands);

    /// <summary>Compiles a command; null after an error.</summary>
    public CommandNode? Command(CallSyntax syntax)
    {
        var (outer, outerUsed) = (_deferred, _used);
        (_deferred, _used) = (null, null);
        var node = CallCompiler.Compile(this, syntax, isTest: false) as CommandNode;
        if (GuardDepth > 0 ? _deferred is not null || node is null : _deferred is not null && LacksExtension)
            node = new DeferredErrorCommand(syntax.Position, _deferred ?? $"'{syntax.Name}' cannot be used here");
        else if (node is not null && _used is not null)
            node = new AskedCommand(node, [.. _used]);
        (_deferred, _used) = (outer, outerUsed);
        return node;
    }

    /// <summary>Compiles a test; null after an error.</summary>
    public TestNode? Test(CallSyntax syntax)
    {
        var (outer, outerUsed) = (_deferred, _used);
        (_deferred, _used) = (null, null);
        var node = CallCompiler.Compile(this, syntax, isTest: true) as TestNode;
        if (GuardDepth > 0 ? _deferred is not null || node is null : _deferred is not null && LacksExtension)
            node = new DeferredErrorTest(syntax.Position, _deferred ?? $"'{syntax.Name}' cannot be used here");
        else if (node is not null && _used is not null)
            node = new AskedTest(node, [.. _used]);
        (_deferred, _used) = (outer, outerUsed);
        return node;
    }

    /// <summary>A string with what its extensions make of it: encoded characters first, then variables.</summary>
    public SieveString String(StringSyntax syntax)
    {
        var text = syntax.Text;
        if (text.Contains("${", StringComparison.Ordinal))
        {
            if (IsEnabled("encoded-character"))
                text = EncodedCharacterExtension.Decode(text, message => Error(syntax.Position, message));
            if (IsEnabled("variables"))
                return VariableReferences.Parse(this, text, syntax.Position);
        }

        return text.Length == 0 ? SieveString.Empty : new ConstantString(text);
    }

    public SieveStrings Strings(StringsSyntax syntax) => new([.. syntax.Strings.Select(String)]);

    public MatchArguments? Match(CallBinding call, int argument, bool captures, Func<string[], string[]>? prepare = null)
    {
        var keys = call.Strings(argument);
        var definition = call.MatchTypeDefinition ?? Vocabulary.FindMatchType("is")!;
        var type = definition.Create(call.MatchRelation);
        if (type is null)
            return null;
        type.Options = Options;
        if (type.NeedsSubstring && !call.Comparator.HasSubstring)
        {
            Error(call.Position, $"The comparator '{call.Comparator.Name}' knows no substrings, so ':{definition.Tag}' cannot be used with it");
            return null;
        }

        if (keys.Constant is { } constant)
        {
            var areKeys = true;
            for (var i = 0; i < constant.Length; i++)
            {
                if (type.Check(constant[i], this) is not { } problem)
                    continue;
                Error(call.ArgumentPosition(argument, i), problem);
                areKeys = false;
            }

            if (!areKeys)
                return null;
        }

        return new MatchArguments(type, call.Comparator, keys, captures && IsEnabled("variables"), prepare);
    }
}
