using System.Collections.Immutable;

namespace Sora.Sieve.Syntax;

/// <summary>Gathers what is wrong with a script, up to a limit.</summary>
internal sealed class DiagnosticList(int max)
{
    private readonly List<SieveDiagnostic> _list = [];

    public bool HasErrors { get; private set; }

    public bool IsFull => _list.Count >= max;

    public void Error(SourcePosition position, string message, string? found = null, string? expected = null)
    {
        HasErrors = true;
        Add(new SieveDiagnostic(SieveSeverity.Error, position.Line, position.Column, SieveText.OneLine(message), found, expected));
    }

    public void Warning(SourcePosition position, string message) =>
        Add(new SieveDiagnostic(SieveSeverity.Warning, position.Line, position.Column, SieveText.OneLine(message)));

    public ImmutableArray<SieveDiagnostic> ToOrdered()
    {
        // At least one error stands in the list where there are errors
        return [.. _list.OrderBy(static diagnostic => diagnostic.Line).ThenBy(static diagnostic => diagnostic.Column)];
    }

    private void Add(SieveDiagnostic diagnostic)
    {
        if (_list.Count < max)
        {
            _list.Add(diagnostic);
        }
        else if (diagnostic.Severity == SieveSeverity.Error && _list.FindLastIndex(static known => known.Severity == SieveSeverity.Warning) is >= 0 and var at)
        {
            _list.RemoveAt(at);
            _list.Add(diagnostic);
        }
    }
}
