using System.Collections.Immutable;
using System.Text;
using Sora.Contracts;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Sieve;

namespace Sora.Gateway.ManageSieve;

/// <summary>Compiles a script as a delivery would (RFC 5804 section 2.6), and looks at what it includes.</summary>
internal static class ScriptCheck
{
    /// <summary>NO with all errors; OK with the warnings; null when there is nothing to tell.</summary>
    /// <param name="connection">Whose scripts it may include.</param>
    /// <param name="name">The name that it will have; null for a script that is only looked at.</param>
    /// <param name="script">The script.</param>
    /// <param name="options">How it is compiled.</param>
    /// <param name="cancellationToken">Cancels looking for other scripts.</param>
    public static async ValueTask<ManageSieveReply?> CheckAsync(
        ManageSieveConnection connection, SieveScriptName? name, ReadOnlyMemory<byte> script, SieveCompilerOptions options,
        CancellationToken cancellationToken)
    {
        var compiled = SieveCompiler.Compile(script, options);
        if (!compiled.IsOk)
            return ManageSieveReply.No(Lines(compiled.Diagnostics));
        var warnings = compiled.Diagnostics;
        if (connection.Server.Library is { } library)
            warnings = warnings.AddRange(await library.CheckIncludesAsync(connection.Account, name, compiled.Script, connection.Server.Limits, cancellationToken));
        return warnings.IsEmpty ? null : new ManageSieveReply(ReplyStatus.Ok, Lines(warnings), ResponseCode.Warnings);
    }

    private static string Lines(ImmutableArray<SieveDiagnostic> diagnostics)
    {
        var text = new StringBuilder();
        foreach (var diagnostic in diagnostics)
            text.Append(text.Length == 0 ? "" : "\r\n").Append(diagnostic);
        return text.ToString();
    }
}
