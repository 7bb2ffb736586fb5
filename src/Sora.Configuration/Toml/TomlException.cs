namespace Sora.Configuration.Toml;

/// <summary>
/// A document that is not TOML 1.0, or beyond a limit. <see cref="Exception.Message"/> is "file:line:column: what was expected".
/// </summary>
public sealed class TomlException(string file, TomlPosition position, string reason)
    : Exception($"{file}:{position.Line}:{position.Column}: {reason}")
{
    /// <summary>The name of the document as it was given to the reader.</summary>
    public string File { get; } = file;

    public TomlPosition Position { get; } = position;

    /// <summary>The message without the place.</summary>
    public string Reason { get; } = reason;
}
