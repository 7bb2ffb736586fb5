using System.Collections.Immutable;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve;

/// <summary>Compiles scripts (RFC 5228).</summary>
public static class SieveCompiler
{
    /// <summary>Compiles a script; reports all errors and warnings of one pass. Never throws on any content.</summary>
    /// <param name="script">The script in UTF-8.</param>
    /// <param name="options">What it may use; null for the defaults.</param>
    public static SieveCompilation Compile(ReadOnlyMemory<byte> script, SieveCompilerOptions? options = null)
    {
        options ??= SieveCompilerOptions.Default;
        var diagnostics = new DiagnosticList(Math.Max(options.MaxDiagnostics, 1));
        if (script.Length > options.MaxScriptSize)
        {
            diagnostics.Error(new SourcePosition(1, 1), $"The script is larger than {options.MaxScriptSize} bytes");
            return new SieveCompilation(null, diagnostics.ToOrdered());
        }

        var syntax = new SieveParser(script.Span, options, diagnostics).Parse();
        var context = new CompilationContext(options, SieveRegistry.Default, diagnostics);
        var commands = new BlockCompiler(context).CompileScript(syntax);
        var compiled = diagnostics.HasErrors
            ? null
            : new SieveScript(
                commands,
                context.Enabled.ToImmutableHashSet(StringComparer.Ordinal),
                context.InRequire.ToImmutableHashSet(StringComparer.Ordinal),
                [.. context.State<CompiledIncludes>().All],
                script.Length);
        return new SieveCompilation(compiled, diagnostics.ToOrdered());
    }
}
