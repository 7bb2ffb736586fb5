using System.Globalization;
using System.Text;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>variables (RFC 5229). References to them in strings: <see cref="VariableReferences"/>.</summary>
internal sealed class VariablesExtension : SieveExtension
{
    public override string Capability => "variables";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "set",
            Arguments = [("name", ArgumentKind.String), ("value", ArgumentKind.String)],
            Build = BuildSet,
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "string",
            IsTest = true,
            IsMatching = true,
            Arguments = [("sources", ArgumentKind.StringList), ("keys", ArgumentKind.StringList)],
            Build = static call => call.Match(1) is { } match ? new StringTest(call.Position, call.Strings(0), match) : null,
        });
        vocabulary.Tag(Modifier("lower", 40, ToLower));
        vocabulary.Tag(Modifier("upper", 40, SieveText.FoldAscii));
        vocabulary.Tag(Modifier("lowerfirst", 30, static text => text.Length == 0 ? text : ToLower(text[..1]) + text[1..]));
        vocabulary.Tag(Modifier("upperfirst", 30, static text => text.Length == 0 ? text : SieveText.FoldAscii(text[..1]) + text[1..]));
        vocabulary.Tag(Modifier("quotewildcard", 20, QuoteWildcard, CutQuoted));
        vocabulary.Tag(Modifier("length", 10, Length));
    }

    /// <summary>A modifier of <c>set</c>; two of the same precedence exclude each other (RFC 5229 section 4.1).</summary>
    public static TagDefinition Modifier(string name, int precedence, Func<string, string> transform, Func<string, int, string>? cut = null) => new()
    {
        Name = name,
        Calls = ["set", "extracttext"],
        Group = $"precedence {precedence}",
        Precedence = precedence,
        Transform = transform,
        Cut = cut,
    };

    /// <summary>Cuts quoted text: not between a backslash and what it quotes.</summary>
    public static string CutQuoted(string text, int length)
    {
        var cut = SieveText.Cut(text, length);
        var backslashes = cut.Length - cut.AsSpan().TrimEnd('\\').Length;
        return cut.Length < text.Length && backslashes % 2 == 1 ? cut[..^1] : cut;
    }

    private static SetCommand? BuildSet(CallBinding call)
    {
        if (VariableTarget.Compile(call.Context, call.String(0), call.ArgumentPosition(0)) is not { } target)
            return null;
        return new SetCommand(call.Position, call.String(0).Constant!, target, Transforms(call), call.String(1));
    }

    /// <summary>The modifiers of a call in the order in which they are applied (RFC 5229 section 4.1).</summary>
    public static TagDefinition[] Transforms(CallBinding call) =>
    [
        .. call.Tags
            .Where(static tag => tag.Definition.Transform is not null)
            .OrderByDescending(static tag => tag.Definition.Precedence)
            .Select(static tag => tag.Definition),
    ];

    /// <summary>Applies modifiers; what gets longer than a variable is cut where that does no harm.</summary>
    public static string Apply(SieveRun run, TagDefinition[] transforms, string text)
    {
        foreach (var transform in transforms)
        {
            run.Spend(text.Length, 1);
            text = transform.Transform!(text);
            if (transform.Cut is { } cut && text.Length > run.Limits.MaxVariableSize)
                text = cut(text, run.Limits.MaxVariableSize);
        }

        return text;
    }

    private static string ToLower(string text) => string.Create(text.Length, text, static (lower, source) =>
    {
        for (var i = 0; i < lower.Length; i++)
            lower[i] = char.IsAsciiLetterUpper(source[i]) ? (char)(source[i] | 0x20) : source[i];
    });

    private static string QuoteWildcard(string text)
    {
        var quoted = new StringBuilder(text.Length + 8);
        foreach (var c in text)
        {
            if (c is '*' or '?' or '\\')
                quoted.Append('\\');
            quoted.Append(c);
        }

        return quoted.ToString();
    }

    // Characters, not octets: an octet that is no UTF-8 counts as one
    private static string Length(string text)
    {
        var count = 0;
        for (var i = 0; i < text.Length; i++, count++)
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
        return count.ToString(CultureInfo.InvariantCulture);
    }

    private sealed class SetCommand(SourcePosition position, string name, VariableTarget target, TagDefinition[] transforms, SieveString value)
        : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var text = Apply(run, transforms, value.Get(run));
            target.Set(run, text);
            if (run.IsTraced)
                run.Trace(Position, $"set {name} = {SieveText.Show(text)}");
            return new(Flow.Next);
        }
    }

    /// <summary>string (RFC 5229 section 5).</summary>
    private sealed class StringTest(SourcePosition position, SieveStrings sources, MatchArguments match) : TestNode(position)
    {
        public override string Name => "string";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var matcher = match.For(run);
            var count = 0;
            foreach (var source in sources.Get(run))
            {
                if (source.Length > 0)
                    count++;
                if (!matcher.CountsValues && await matcher.MatchAsync(run, new SieveValue(source)))
                    return true;
            }

            return matcher.CountsValues && matcher.MatchCount(run, count);
        }
    }
}
