using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Sora.Sieve;

/// <summary>What came of compiling a script.</summary>
/// <param name="Script">The script; null when there are errors.</param>
/// <param name="Diagnostics">Errors and warnings in the order of the script.</param>
public sealed record SieveCompilation(SieveScript? Script, ImmutableArray<SieveDiagnostic> Diagnostics)
{
    /// <summary>The script can run.</summary>
    [MemberNotNullWhen(true, nameof(Script))]
    public bool IsOk => Script is not null;
}
