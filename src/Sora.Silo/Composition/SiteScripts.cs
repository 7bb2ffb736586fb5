using Sora.Sieve;
using Sora.Silo.Configuration;

namespace Sora.Silo.Composition;

/// <summary>Looks at the site's scripts before they are used.</summary>
internal static class SiteScripts
{
    /// <summary>Says why a script does not compile, in a line; null when it does.</summary>
    public static Func<ReadOnlyMemory<byte>, string?> Check(SoraOptions options)
    {
        var compiler = options.SieveLimits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32());
        return script =>
        {
            var compilation = SieveCompiler.Compile(script, compiler);
            return compilation.IsOk
                ? null
                : $"the script has errors: {string.Join(", ", compilation.Diagnostics.Where(static one => one.Severity == SieveSeverity.Error).Take(3))}";
        };
    }
}
