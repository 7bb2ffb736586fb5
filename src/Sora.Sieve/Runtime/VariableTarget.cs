using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Runtime;

/// <summary>A variable that a script sets (RFC 5229 section 4).</summary>
/// <param name="Get">Reads it; the empty string while it was not set.</param>
/// <param name="Set">Sets it; a value that is too long is cut.</param>
internal sealed record VariableTarget(Func<SieveRun, string> Get, Action<SieveRun, string> Set)
{
    /// <summary>Names of a script's own variables, to count them.</summary>
    private sealed class Names
    {
        public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);
    }

    /// <summary>The script sets the variable somewhere before.</summary>
    public static bool IsSet(CompilationContext context, string name) => context.State<Names>().Seen.Contains(name);

    /// <summary>The variable of that name; null after an error was reported.</summary>
    public static VariableTarget? Compile(CompilationContext context, SieveString given, SourcePosition position)
    {
        if (given.Constant is not { } text)
        {
            context.Error(position, "The name of a variable to be set cannot hold variables");
            return null;
        }

        var name = text.ToLowerInvariant();
        if (VariableReferences.IsIdentifier(name))
        {
            var names = context.State<Names>().Seen;
            if (names.Add(name) && names.Count > context.Options.MaxVariables)
            {
                context.Error(position, $"The script has more than {context.Options.MaxVariables} variables");
                return null;
            }

            return new VariableTarget(run => Read(run, name), (run, value) => Write(run, name, value));
        }

        var dot = name.IndexOf('.');
        if (dot > 0 && VariableReferences.IsIdentifier(name.AsSpan(dot + 1)) && context.Vocabulary.FindNamespace(name[..dot]) is { Assign: { } assign } space
            && context.IsEnabled(space.Capability) && space.Resolve(context, name[(dot + 1)..]) is { } get && assign(context, name[(dot + 1)..]) is { } set)
            return new VariableTarget(get, set);
        context.Error(position, $"{SieveText.Show(text)} is no variable that can be set");
        return null;
    }

    private static string Read(SieveRun run, string name) =>
        run.Scope.Globals.Contains(name) ? run.Globals.GetValueOrDefault(name, "") : run.Scope.Variables.GetValueOrDefault(name, "");

    private static void Write(SieveRun run, string name, string value) =>
        Store(run, run.Scope.Globals.Contains(name) ? run.Globals : run.Scope.Variables, name, value);

    /// <summary>Sets a variable of a scope within the limits.</summary>
    public static void Store(SieveRun run, Dictionary<string, string> scope, string name, string value)
    {
        if (scope.Count >= run.Limits.MaxVariables && !scope.ContainsKey(name))
            throw new SieveRuntimeException($"More than {run.Limits.MaxVariables} variables");
        scope[name] = SieveText.Cut(value, run.Limits.MaxVariableSize);
    }
}
