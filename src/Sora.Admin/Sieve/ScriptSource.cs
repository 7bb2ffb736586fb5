using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Gateway.Sieve;
using Sora.Mailstore.Sieve;
using Sora.Sieve;

namespace Sora.Admin.Sieve;

/// <summary>Reads scripts and messages from files, and compiles scripts.</summary>
internal static class ScriptSource
{
    /// <summary>The bytes of a file; <c>-</c> is standard input.</summary>
    /// <exception cref="AdminException">It is larger than the limit.</exception>
    public static async Task<byte[]> ReadAsync(CommandRun run, string file, long most, CancellationToken cancellationToken)
    {
        byte[] bytes;
        if (file == "-")
        {
            bytes = await ReadInputAsync(run.Terminal, most, cancellationToken);
        }
        else
        {
            if (new FileInfo(file) is { Exists: true } info && info.Length > most)
                throw new AdminException($"{file} has more than {most} bytes");
            bytes = await File.ReadAllBytesAsync(file, cancellationToken);
        }

        return bytes.Length <= most ? bytes : throw new AdminException($"{file} has more than {most} bytes");
    }

    /// <summary>A message as LMTP would bring it: lines end with CRLF, and the line is gone that mbox has before a message.</summary>
    public static byte[] AsDelivered(ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("From "u8) && message.IndexOf((byte)'\n') is > 0 and var end)
            message = message[(end + 1)..];
        var delivered = new List<byte>(message.Length + (message.Length / 32));
        for (var i = 0; i < message.Length; i++)
        {
            if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r'))
                delivered.Add((byte)'\r');
            delivered.Add(message[i]);
        }

        return [.. delivered];
    }

    private static async Task<byte[]> ReadInputAsync(Terminal terminal, long most, CancellationToken cancellationToken)
    {
        if (terminal.Octets is null)
            return Encoding.UTF8.GetBytes(await terminal.Input.ReadToEndAsync(cancellationToken));
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int count; bytes.Length <= most && (count = await terminal.Octets.ReadAsync(buffer, cancellationToken)) > 0;)
            bytes.Write(buffer, 0, count);
        return bytes.ToArray();
    }

    /// <summary>Compiles a script as the server does.</summary>
    public static SieveCompilation Compile(AdminOptions options, byte[] script) =>
        SieveCompiler.Compile(script, options.SieveLimits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()));

    /// <summary>The scripts of an account and of the site.</summary>
    public static ScriptLibrary Library(AdminOptions options, AdminSession? session) => new(
        session?.Scripts,
        new SieveFiles(options.Sieve, TimeProvider.System, NullLoggerFactory.Instance),
        options.SieveLimits.ToCompilerOptions(options.Sieve.MaxScriptSize.ToInt32()),
        options.SieveLimits.ToCompilerOptions(options.Sieve.MaxGlobalScriptSize.ToInt32()),
        options.SieveLimits.MaxCompiledScripts,
        options.SieveLimits.MaxCompiledSize.Bytes);

    /// <summary>Errors and warnings, a line each, on standard output; false when there are errors, which standard error then counts.</summary>
    public static bool Report(CommandRun run, SieveCompilation compilation)
    {
        if (run.WantsJson && !compilation.IsOk)
            run.WriteJson(Json(compilation));
        else if (!run.WantsJson)
            foreach (var diagnostic in compilation.Diagnostics)
                run.Terminal.Output.WriteLine(diagnostic);
        if (compilation.IsOk)
            return true;
        var errors = compilation.Diagnostics.Count(static diagnostic => diagnostic.Severity == SieveSeverity.Error);
        run.Say(errors == 1 ? "The script has an error" : $"The script has {errors} errors");
        return false;
    }

    public static object Json(SieveCompilation compilation) => new
    {
        Valid = compilation.IsOk,
        Diagnostics = compilation.Diagnostics.Select(static diagnostic => new
        {
            Severity = diagnostic.Severity.ToString().ToLowerInvariant(),
            diagnostic.Line,
            diagnostic.Column,
            diagnostic.Message,
            diagnostic.Found,
            diagnostic.Expected,
        }),
    };
}
