using System.Collections.Immutable;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Validation;

/// <summary>Checks a call against its definition and has its node made. Goes on after an error as far as it makes sense.</summary>
internal sealed class CallCompiler
{
    private static readonly string[] Controls = ["if", "elsif", "else", "require"];

    private readonly CompilationContext _context;
    private readonly CallSyntax _syntax;
    private readonly CallDefinition _definition;
    private readonly CallBinding _binding;
    private bool _isValid = true;
    private bool _isUnquoted;

    private CallCompiler(CompilationContext context, CallSyntax syntax, CallDefinition definition)
    {
        _context = context;
        _syntax = syntax;
        _definition = definition;
        _binding = new CallBinding(context, definition, syntax);
    }

    public static SieveNode? Compile(CompilationContext context, CallSyntax syntax, bool isTest)
    {
        var definition = Find(context, syntax, isTest);
        if (definition is not null)
            return new CallCompiler(context, syntax, definition).Compile();

        // The errors inside are errors whatever the call may be
        CompileInside(context, syntax);
        return null;
    }

    private static void CompileInside(CompilationContext context, CallSyntax syntax)
    {
        if (!syntax.Block.IsDefault)
            context.Block(syntax.Block);
    }

    private static CallDefinition? Find(CompilationContext context, CallSyntax syntax, bool isTest)
    {
        CallDefinition? known = null;
        var isOther = false;
        foreach (var candidate in context.Vocabulary.FindCalls(syntax.Name))
        {
            if (candidate.IsTest != isTest)
            {
                isOther = true;
                continue;
            }

            if (context.IsEnabled(candidate.Capability))
                return candidate;
            if (known is null || context.IsSupported(candidate.Capability))
                known = candidate;
        }

        if (known is not null && context.IsSupported(known.Capability))
            context.Error(syntax.Position, $"{Capital(known.Show())} needs 'require \"{known.Capability}\";' at the beginning");
        else if (isOther || syntax.Name is "if" or "elsif" or "else" or "require")
            context.Error(syntax.Position, $"'{syntax.Name}' is a {(isTest ? "command" : "test")}", $"'{syntax.Name}'", isTest ? "a test" : "a command");
        else
            context.UnknownName(syntax.Position, $"There is no {(isTest ? "test" : "command")} '{SieveText.Cut(syntax.Name, 80)}'{Meant(context, syntax.Name, isTest)}");
        return null;
    }

    private static string Meant(CompilationContext context, string name, bool isTest) => name is "elseif" or "elif" && !isTest
        ? "; 'elsif' may be meant"
        : context.Hint(name, isTest ? context.Vocabulary.CallNames(isTest) : context.Vocabulary.CallNames(isTest).Concat(Controls), static meant => $"'{meant}'");

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private SieveNode? Compile()
    {
        BindArguments();
        BindTests();
        if (_definition.HasBlock == _syntax.Block.IsDefault)
            Error(_syntax.Position, _definition.HasBlock ? $"{Capital(_definition.Show())} takes a block" : $"{Capital(_definition.Show())} takes no block");
        if (!_syntax.Block.IsDefault)
        {
            _isValid &= _definition.EnterBlock?.Invoke(_binding) ?? true;
            _binding.Block = _context.Block(_syntax.Block);
            _definition.LeaveBlock?.Invoke(_binding);
        }

        return _isValid ? _definition.Build(_binding) : null;
    }

    private void Error(SourcePosition position, string message, string? found = null, string? expected = null)
    {
        _isValid = false;
        _context.Error(position, message, found, expected);
    }

    private void Unknown(SourcePosition position, string message)
    {
        _isValid = false;
        _context.UnknownName(position, message);
    }

    private void BindArguments()
    {
        var arguments = _syntax.Arguments;
        var positional = new List<ArgumentSyntax>();
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is not TagSyntax tag)
                positional.Add(arguments[i]);
            else if (positional.Count > 0)
                Error(tag.Position, "Tags stand before the other arguments", $"':{tag.Name}'", "an argument without a colon");
            else
                BindTag(tag, arguments, ref i);
        }

        if (_binding is { MatchTypeDefinition: { ExcludesComparator: true } matchType, ComparatorGiven: not null })
            Error(_syntax.Position, $"':comparator' cannot stand with ':{matchType.Tag}'");
        BindPositional(positional);
    }

    private void BindTag(TagSyntax tag, ImmutableArray<ArgumentSyntax> arguments, ref int i)
    {
        if (_definition.IsMatching && tag.Name == "comparator")
        {
            BindComparator(tag, arguments, ref i);
        }
        else if (_definition.IsMatching && _context.Vocabulary.FindMatchType(tag.Name) is { } matchType && IsUsable(tag, matchType.Capability))
        {
            if (_binding.MatchTypeDefinition is not null)
                Error(tag.Position, $"{Capital(_definition.Show())} takes one match type", $"':{tag.Name}' besides ':{_binding.MatchTypeDefinition.Tag}'");
            _binding.MatchTypeDefinition = matchType;
            if (matchType.Tests is not null && !matchType.Tests.Contains(_definition.Name, StringComparer.Ordinal))
                Error(tag.Position, $"{Capital(_definition.Show())} cannot be used with ':{tag.Name}'");
            if (matchType.Kind == ArgumentKind.String && Value(tag, ArgumentKind.String, arguments, ref i) is StringsSyntax relation)
            {
                _binding.MatchRelation = _context.String(relation.Strings[0]).Constant ?? "";
                if (matchType.Create(_binding.MatchRelation) is null)
                    Error(relation.Position, $"{SieveText.Show(relation.Strings[0].Text)} cannot stand behind ':{tag.Name}'", expected: "\"gt\", \"ge\", \"lt\", \"le\", \"eq\" or \"ne\"");
            }
        }
        else if (_definition.HasAddressPart && _context.Vocabulary.FindAddressPart(tag.Name) is { } part && IsUsable(tag, part.Capability))
        {
            if (_binding.AddressPartGiven is not null)
                Error(tag.Position, $"{Capital(_definition.Show())} takes one address part", $"':{tag.Name}' besides another");
            _binding.AddressPartGiven = part.Part;
        }
        else
        {
            BindDefined(tag, arguments, ref i);
        }
    }

    // A tag that another extension brings is not there without it (RFC 5228 section 2.10.5); it may be another call's tag too
    private bool IsUsable(TagSyntax tag, string capability)
    {
        if (_context.IsEnabled(capability) || FindTag(tag, out _) is not null)
            return _context.IsEnabled(capability);
        if (_context.IsSupported(capability))
            Error(tag.Position, $"':{tag.Name}' needs 'require \"{capability}\";' at the beginning");
        return _context.IsSupported(capability);
    }

    private TagDefinition? FindTag(TagSyntax tag, out TagDefinition? missing)
    {
        missing = null;
        foreach (var candidate in _context.Vocabulary.FindTags(_definition.Name, tag.Name))
        {
            if (_context.IsEnabled(candidate.Capability) && (candidate.Also is null || _context.IsEnabled(candidate.Also)))
                return candidate;
            missing ??= candidate;
        }

        return null;
    }

    private void BindDefined(TagSyntax tag, ImmutableArray<ArgumentSyntax> arguments, ref int i)
    {
        var definition = FindTag(tag, out var missing);
        if (definition is null)
        {
            var needed = missing is null ? "" : _context.IsEnabled(missing.Capability) ? missing.Also! : missing.Capability;
            if (missing is not null && _context.IsSupported(needed))
                Error(tag.Position, $"':{tag.Name}' needs 'require \"{needed}\";' at the beginning");
            else
                Unknown(tag.Position, $"{Capital(_definition.Show())} has no tag ':{SieveText.Cut(tag.Name, 80)}'{Meant(tag.Name)}");

            // What stands behind it may be its own
            if (i + 1 < arguments.Length && arguments[i + 1] is not TagSyntax && (missing is null ? IsValue(arguments, i + 1) : missing.Kind != ArgumentKind.None))
                i++;
            return;
        }

        foreach (var other in _binding.Tags)
        {
            if (ReferenceEquals(other.Definition, definition))
                Error(tag.Position, $"':{tag.Name}' is given twice");
            else if (definition.Group is not null && other.Definition.Group == definition.Group)
                Error(tag.Position, $"':{tag.Name}' and ':{other.Definition.Name}' exclude each other");
        }

        var binding = new TagBinding(_binding, definition, tag.Position) { ValuePosition = tag.Position };
        if (definition.Kind != ArgumentKind.None)
        {
            var value = Value(tag, definition.Kind, arguments, ref i);
            if (value is null)
                return;
            binding = value switch
            {
                NumberSyntax number => binding with { Number = number.Value, ValuePosition = value.Position },
                StringsSyntax strings when definition.Kind == ArgumentKind.String =>
                    binding with
                    {
                        String = _context.String(strings.Strings[0]),
                        Text = strings.Strings[0].Text,
                        ValuePosition = value.Position,
                    },
                StringsSyntax strings => binding with { Strings = _context.Strings(strings), ValuePosition = value.Position },
                _ => binding,
            };
        }

        _binding.Add(binding);
    }

    private string Meant(string tag) => _context.Hint(tag, _context.Vocabulary.TagNames(_definition), static meant => $"':{meant}'");

    // Behind a tag that nobody knows: tags follow, or there is one argument too many
    private bool IsValue(ImmutableArray<ArgumentSyntax> arguments, int at)
    {
        var left = 0;
        for (var i = at; i < arguments.Length; i++)
        {
            if (arguments[i] is TagSyntax)
                return true;
            left++;
        }

        return left > _definition.Arguments.Length;
    }

    private void BindComparator(TagSyntax tag, ImmutableArray<ArgumentSyntax> arguments, ref int i)
    {
        if (_binding.ComparatorGiven is not null)
            Error(tag.Position, "':comparator' is given twice");
        if (Value(tag, ArgumentKind.String, arguments, ref i) is not StringsSyntax value)
            return;
        var name = _context.String(value.Strings[0]).Constant;
        if (name is null)
        {
            Error(value.Position, "The name of a comparator cannot hold variables");
        }
        else if (_context.Vocabulary.FindComparator(name, out var capability) is not { } comparator)
        {
            var meant = _context.Hint(name, _context.Vocabulary.ComparatorNames, static meant => $"\"{meant}\"");
            Unknown(value.Position, $"There is no comparator {SieveText.Show(name)}{meant}");
        }
        else
        {
            if (!_context.IsEnabled(capability) && !Extensions.ComparatorExtension.IsBuiltIn(capability))
                Error(value.Position, $"The comparator \"{name}\" needs 'require \"{capability}\";' at the beginning");
            _binding.ComparatorGiven = comparator;
        }
    }

    // What stands behind a tag; null after an error
    private ArgumentSyntax? Value(TagSyntax tag, ArgumentKind kind, ImmutableArray<ArgumentSyntax> arguments, ref int i)
    {
        var value = i + 1 < arguments.Length ? arguments[i + 1] : null;
        if (value is not null && IsKind(value, kind))
        {
            i++;
            return value;
        }

        if (value is not (null or TagSyntax))
            i++;
        Error(value?.Position ?? tag.Position, $"A value stands behind ':{tag.Name}'", Show(value), Show(kind));
        return null;
    }

    private void BindPositional(List<ArgumentSyntax> given)
    {
        var expected = _definition.Arguments;
        var offset = _definition.IsFirstOptional && given.Count == expected.Length - 1 ? 1 : 0;
        _binding.IsFirstLeftOut = offset == 1;
        for (var i = 0; i < given.Count; i++)
        {
            if (i + offset >= expected.Length)
            {
                var end = expected.Length == 0 ? "takes no arguments" : $"takes {expected.Length} argument{(expected.Length == 1 ? "" : "s")} behind its tags";
                Error(given[i].Position, $"{Capital(_definition.Show())} {end}", Show(given[i]), "nothing more");
                return;
            }

            var (name, kind) = expected[i + offset];
            if (IsKind(given[i], kind))
                _binding.Positional[i + offset] = given[i];
            else
                Error(given[i].Position, $"The {name} of {_definition.Show()} {Is(name)} {Show(kind)}", Show(given[i]), Show(kind));
        }

        // After another mistake it is most likely that one which took the argument
        if (_isValid && given.Count + offset < expected.Length - (_definition.IsLastOptional ? 1 : 0))
        {
            var (name, kind) = expected[given.Count + (_definition.IsFirstOptional ? 1 : offset)];
            if (UnquotedText(kind) is { } word)
            {
                _isUnquoted = true;
                Error(word.Position, $"The {name} of {_definition.Show()} {Is(name)} {Show(kind)}", $"'{SieveText.Cut(word.Name, 80)}'", "a string in double quotes");
            }
            else
            {
                Error(_syntax.Position, $"{Capital(_definition.Show())} lacks its {name}", "nothing", Show(kind));
            }
        }
    }

    private static string Is(string name) => name.EndsWith('s') && !name.EndsWith("ss", StringComparison.Ordinal) ? "are" : "is";

    // A word where the last argument is missing is this argument, without its quotes
    private CallSyntax? UnquotedText(ArgumentKind kind) =>
        kind != ArgumentKind.Number && _definition.Tests == TestArguments.None && !_syntax.IsTestList
        && _syntax.Tests is [var word] && _context.Vocabulary.FindCalls(word.Name).Count == 0
            ? word
            : null;

    private void BindTests()
    {
        var tests = _syntax.Tests;
        if (_definition.Tests == TestArguments.None)
        {
            if (!tests.IsEmpty && !_isUnquoted && _definition.IsTest && !_syntax.IsTestList)
            {
                TestBehindTest(tests[0]);
            }
            else if (!tests.IsEmpty && !_isUnquoted)
            {
                var hint = _syntax.IsTestList || _definition.IsTest ? "" : "; a semicolon may be missing before it";
                Error(tests[0].Position, $"{Capital(_definition.Show())} takes no test{hint}", $"'{SieveText.Cut(tests[0].Name, 80)}'", _definition.IsTest ? "'{', ',' or ')'" : "';'");
            }

            return;
        }

        if (tests.IsEmpty)
            Error(_syntax.Position, $"{Capital(_definition.Show())} lacks its test", "nothing", _definition.Tests == TestArguments.One ? "a test" : "tests in parentheses");
        else if ((_definition.Tests == TestArguments.List) != _syntax.IsTestList)
            Error(tests[0].Position, $"{Capital(_definition.Show())} takes {(_syntax.IsTestList ? "one test without parentheses" : "tests in parentheses")}");
        var nodes = ImmutableArray.CreateBuilder<TestNode>(tests.Length);
        foreach (var test in tests)
        {
            if (_context.Test(test) is { } node)
                nodes.Add(node);
            else
                _isValid = false;
        }

        _binding.Tests = nodes.ToImmutable();
    }

    // A test is over, and a word follows where its block, or the next test of a list, should
    private void TestBehindTest(CallSyntax word)
    {
        var found = $"'{SieveText.Cut(word.Name, 80)}'";
        var known = _context.Vocabulary.FindCalls(word.Name);
        if (word.Name is "or" or "and")
            Error(word.Position, "Tests are joined by a test around them", found, word.Name == "or" ? "'anyof (test, test)'" : "'allof (test, test)'");
        else if (known.Count > 0 && !known.Any(static call => call.IsTest))
            Error(word.Position, "A block in braces follows the test", found, "'{'");
        else if (known.Count > 0)
            Error(word.Position, $"{Capital(_definition.Show())} takes no test; a comma may be missing before it", found, "'{', ',' or ')'");
        else
            Error(word.Position, $"{Capital(_definition.Show())} is over here", found, "'{', ',' or ')'");
    }

    // A list of one string is no string: RFC 5228 lets a string stand for a list, not the other way round
    private static bool IsKind(ArgumentSyntax argument, ArgumentKind kind) => kind switch
    {
        ArgumentKind.String => argument is StringsSyntax { IsList: false },
        ArgumentKind.StringList => argument is StringsSyntax,
        ArgumentKind.Number => argument is NumberSyntax,
        _ => false,
    };

    private static string Show(ArgumentKind kind) => kind switch
    {
        ArgumentKind.String => "a string",
        ArgumentKind.StringList => "a string list",
        _ => "a number",
    };

    private static string Show(ArgumentSyntax? argument) => argument switch
    {
        null => "nothing",
        TagSyntax tag => $"':{SieveText.Cut(tag.Name, 80)}'",
        NumberSyntax number => $"the number {number.Value}",
        StringsSyntax { IsList: false } text => $"the string {SieveText.Show(text.Strings[0].Text)}",
        _ => "a string list",
    };
}
