namespace Sora.Sieve;

/// <summary>How bad a diagnostic is.</summary>
public enum SieveSeverity
{
    /// <summary>The script can run.</summary>
    Warning,

    /// <summary>The script cannot run.</summary>
    Error,
}

/// <summary>Something that is wrong with a script.</summary>
/// <param name="Severity">Whether the script can run all the same.</param>
/// <param name="Line">Line in the script, from 1.</param>
/// <param name="Column">Character in the line, from 1.</param>
/// <param name="Message">What is wrong, in a sentence without a full stop.</param>
/// <param name="Found">What stands there, or null.</param>
/// <param name="Expected">What should stand there, or null.</param>
public sealed record SieveDiagnostic(
    SieveSeverity Severity, int Line, int Column, string Message, string? Found = null, string? Expected = null)
{
    /// <summary>One line: where, how bad, what.</summary>
    public override string ToString()
    {
        var kind = Severity == SieveSeverity.Error ? "error" : "warning";
        var detail = (Expected, Found) switch
        {
            (null, null) => "",
            (null, _) => $": found {Found}",
            (_, null) => $": expected {Expected}",
            _ => $": expected {Expected}, found {Found}",
        };
        return $"line {Line}, column {Column}: {kind}: {Message}{detail}";
    }
}
