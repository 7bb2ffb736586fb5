using System.Collections.Immutable;

namespace Sora.Sieve;

/// <summary>
/// Looks at what a script includes, as it is at the moment. What is wrong there are warnings: while scripts are put, their order is not to matter (RFC 6609 section 3.1: "MUST NOT generate errors
/// ... at upload time"), and each of it is an error once the script runs.
/// </summary>
/// <param name="find">Gives the script of a name, global or personal; null where there is none.</param>
/// <param name="limits">How deep scripts may include each other, and how many; the check looks at no more scripts than that.</param>
public sealed class SieveIncludeCheck(Func<string, bool, CancellationToken, ValueTask<SieveCompilation?>> find, SieveLimits limits)
{
    private readonly Dictionary<(string Name, bool IsGlobal), SieveCompilation?> _known = [];

    /// <summary>The warnings, in the order of the script.</summary>
    /// <param name="name">The name that the script has, or will have; null where that is not known. It stands for what is stored under that name.</param>
    /// <param name="script">The script.</param>
    /// <param name="cancellationToken">Cancels looking for scripts.</param>
    public async ValueTask<ImmutableArray<SieveDiagnostic>> WarningsAsync(string? name, SieveScript script, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(script);
        var warnings = ImmutableArray.CreateBuilder<SieveDiagnostic>();
        foreach (var include in script.Includes)
        {
            List<string> way = [name is null ? "this script" : Show(name, isGlobal: false)];
            if (await ProblemAsync(include, way, [], cancellationToken) is { } problem)
                warnings.Add(new SieveDiagnostic(SieveSeverity.Warning, include.Line, include.Column, problem));
        }

        return warnings.ToImmutable();
    }

    // Scripts that were found to be right are not looked at again, but for how deep they are
    private async ValueTask<string?> ProblemAsync(
        SieveInclude include, List<string> way, Dictionary<string, int> seen, CancellationToken cancellationToken)
    {
        var shown = Show(include.Name, include.IsGlobal);
        if (way.Contains(shown))
            return include.IsOnce ? null : $"Scripts include each other in a circle, which ends a run with an error: {string.Join(", ", way.Skip(way.IndexOf(shown)))}, {shown}";
        if (way.Count > limits.MaxIncludeDepth)
            return $"Scripts include each other deeper than {limits.MaxIncludeDepth}, which ends a run with an error: {string.Join(", ", way)}, {shown}";
        if (seen.TryGetValue(shown, out var depth) && depth >= way.Count)
            return null;
        seen[shown] = way.Count;
        if (!_known.TryGetValue((include.Name, include.IsGlobal), out var compilation))
        {
            if (_known.Count >= limits.MaxIncludes)
                return null;
            _known[(include.Name, include.IsGlobal)] = compilation = await find(include.Name, include.IsGlobal, cancellationToken);
        }

        if (compilation is null)
            return include.IsOptional ? null : $"There is no script {shown} to be included; until there is, a run ends here with an error";
        if (compilation.Script is not { } script)
        {
            var error = compilation.Diagnostics.FirstOrDefault(static diagnostic => diagnostic.Severity == SieveSeverity.Error);
            return $"The script {shown} to be included has errors: {error}";
        }

        way.Add(shown);
        foreach (var inner in script.Includes)
            if (await ProblemAsync(inner, way, seen, cancellationToken) is { } problem)
                return problem;
        way.RemoveAt(way.Count - 1);
        return null;
    }

    private static string Show(string name, bool isGlobal) => $"{SieveText.Show(name)}{(isGlobal ? " of the site" : "")}";
}
