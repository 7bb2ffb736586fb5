using Microsoft.Extensions.Logging.Abstractions;
using Sora.Mailstore.Sieve;
using Sora.Sieve;
using Sora.Silo.Configuration;

namespace Sora.Silo.Composition;

/// <summary>Looks at the site's scripts and lists before they are used: a server that filters mail otherwise than its operator has written must not come up.</summary>
internal static class SiteCheck
{
    /// <summary>What is wrong with the files that [sieve] names, a line for each.</summary>
    public static string[] Problems(SoraOptions options) =>
    [
        .. new SieveFiles(options.Sieve, TimeProvider.System, NullLoggerFactory.Instance, null, Scripts(options)).Problems(),
        .. new SiteLists(options.Sieve, TimeProvider.System, NullLoggerFactory.Instance).Problems(),
    ];

    /// <summary>Says why a script does not compile, in a line; null when it does.</summary>
    public static Func<ReadOnlyMemory<byte>, string?> Scripts(SoraOptions options)
    {
        var compiler = options.SieveLimits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32());
        return script =>
        {
            var compilation = SieveCompiler.Compile(script, compiler);
            return compilation.IsOk ? null : string.Join(", ", compilation.Diagnostics.Where(static one => one.Severity == SieveSeverity.Error).Take(3));
        };
    }
}
