using System.Text;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Sieve;

namespace Sora.Gateway.ManageSieve;

/// <summary>Compiles a script as a delivery would (RFC 5804 section 2.6).</summary>
internal static class ScriptCheck
{
    /// <summary>NO with all errors; OK with the warnings; null when there is nothing to tell.</summary>
    public static ManageSieveReply? Check(ReadOnlyMemory<byte> script, SieveCompilerOptions options)
    {
        var compiled = SieveCompiler.Compile(script, options);
        if (compiled.IsOk)
            return compiled.Diagnostics.IsEmpty ? null : new ManageSieveReply(ReplyStatus.Ok, Lines(compiled), ResponseCode.Warnings);
        return ManageSieveReply.No(Lines(compiled));
    }

    private static string Lines(SieveCompilation compilation)
    {
        var text = new StringBuilder();
        foreach (var diagnostic in compilation.Diagnostics)
            text.Append(text.Length == 0 ? "" : "\r\n").Append(diagnostic);
        return text.ToString();
    }
}
