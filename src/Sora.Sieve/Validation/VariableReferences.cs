using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;

namespace Sora.Sieve.Validation;

/// <summary>Reads the references to variables in a string (RFC 5229 section 3). What is no well-formed reference stays text.</summary>
internal static class VariableReferences
{
    /// <summary>Highest number of a match variable; more wildcards than that are no error (RFC 5229 section 3.2 asks for 9 at least).</summary>
    public const int MaxMatchVariable = 99;

    private static readonly SearchValues<char> InReferences = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

    public static SieveString Parse(CompilationContext context, string text, SourcePosition position)
    {
        var parts = ImmutableArray.CreateBuilder<Func<SieveRun, string>>();
        var from = 0;
        for (var at = 0; (at = text.IndexOf("${", at, StringComparison.Ordinal)) >= 0;)
        {
            // Up to what cannot stand in a reference, so that a text of many beginnings is read once
            var length = text.AsSpan(at + 2).IndexOfAnyExcept(InReferences);
            var close = length < 0 ? text.Length : at + 2 + length;
            if (close == text.Length || text[close] != '}' || Reference(context, text[(at + 2)..close], position) is not { } part)
            {
                at += 2;
                continue;
            }

            AddText(parts, text[from..at]);
            parts.Add(part);
            at = from = close + 1;
        }

        if (parts.Count == 0)
            return new ConstantString(text);
        AddText(parts, text[from..]);
        return new TemplateString(parts.ToImmutable());
    }

    /// <summary>identifier of RFC 5228 section 8.1.</summary>
    public static bool IsIdentifier(ReadOnlySpan<char> name)
    {
        foreach (var c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c != '_')
                return false;
        return !name.IsEmpty && !char.IsAsciiDigit(name[0]);
    }

    private static void AddText(ImmutableArray<Func<SieveRun, string>>.Builder parts, string text)
    {
        if (text.Length > 0)
            parts.Add(_ => text);
    }

    // variable-ref = "${" [namespace] variable-name "}"; variable-name = num-variable / identifier
    private static Func<SieveRun, string>? Reference(CompilationContext context, string reference, SourcePosition position)
    {
        var name = reference.ToLowerInvariant();
        if (name.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0 && name.Length > 0)
        {
            if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > MaxMatchVariable)
            {
                context.Error(position, $"The match variable ${{{SieveText.Cut(name, 20)}}} is beyond {MaxMatchVariable}");
                return static _ => "";
            }

            return run => number < run.Scope.MatchValues.Length ? run.Scope.MatchValues[number] : "";
        }

        if (IsIdentifier(name))
        {
            return run => run.Scope.Globals.Contains(name)
                ? run.Globals.GetValueOrDefault(name, "")
                : run.Scope.Variables.GetValueOrDefault(name, "");
        }

        var dot = name.IndexOf('.');
        if (dot < 0 || !IsNamespaced(name))
            return null;
        var space = context.Vocabulary.FindNamespace(name[..dot]);
        if (space is null || !context.IsEnabled(space.Capability))
        {
            context.Error(position, $"There is no namespace '{SieveText.Cut(name[..dot], 40)}' of variables");
            return static _ => "";
        }

        if (space.Resolve(context, name[(dot + 1)..]) is { } part)
            return part;
        context.Error(position, $"There is no variable '{SieveText.Cut(name, 80)}'");
        return static _ => "";
    }

    // namespace = identifier "." *sub-namespace; sub-namespace = variable-name "."
    private static bool IsNamespaced(ReadOnlySpan<char> name)
    {
        var isFirst = true;
        foreach (var range in name.Split('.'))
        {
            var level = name[range];
            if (!IsIdentifier(level) && (isFirst || level.IsEmpty || level.IndexOfAnyExceptInRange('0', '9') >= 0))
                return false;
            isFirst = false;
        }

        return true;
    }
}
