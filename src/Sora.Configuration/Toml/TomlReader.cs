using System.Text;

namespace Sora.Configuration.Toml;

/// <summary>
/// Reads TOML 1.0 (toml.io/en/v1.0.0), all of it and nothing else. The time is linear in the size of the input. Whatever the bytes are,
/// the only exception is <see cref="TomlException"/>.
/// </summary>
public static class TomlReader
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a document of UTF-8 bytes, with or without a byte order mark.</summary>
    /// <param name="utf8">The document.</param>
    /// <param name="file">Its name in messages.</param>
    /// <param name="limits">What is taken at most; <see cref="TomlLimits.Default"/> when null.</param>
    /// <exception cref="TomlException">The bytes are not TOML, or beyond a limit.</exception>
    public static TomlTable Read(ReadOnlySpan<byte> utf8, string file, TomlLimits? limits = null)
    {
        limits ??= TomlLimits.Default;
        if (utf8.Length > limits.MaxBytes)
        {
            throw new TomlException(file, new TomlPosition(1, 1), $"the file is larger than {new ByteSize(limits.MaxBytes)}");
        }

        return new TomlParser(Decode(utf8, file), file, limits).ReadDocument();
    }

    /// <summary>Reads a document of text.</summary>
    /// <exception cref="TomlException">The text is not TOML, or beyond a limit.</exception>
    public static TomlTable Read(string text, string file, TomlLimits? limits = null) => Read(Encoding.UTF8.GetBytes(text), file, limits);

    /// <summary>Reads a file.</summary>
    /// <exception cref="TomlException">The file is not TOML, or beyond a limit.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static TomlTable ReadFile(string path, TomlLimits? limits = null)
    {
        limits ??= TomlLimits.Default;
        using var stream = File.OpenRead(path);

        // One byte more than allowed is enough to know; a device or a pipe has no length to ask for
        var bytes = new byte[limits.MaxBytes + 1];
        return Read(bytes.AsSpan(0, stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)), path, limits);
    }

    /// <summary>Reads one value, such as <c>["a", "b"]</c> or <c>{ x = 1 }</c>, with nothing but blanks around it.</summary>
    /// <exception cref="TomlException">The text is not one TOML value, or beyond a limit.</exception>
    public static TomlNode ReadValue(string text, string source, TomlLimits? limits = null) =>
        new TomlParser(text, source, limits ?? TomlLimits.Default).ReadSingleValue();

    private static string Decode(ReadOnlySpan<byte> utf8, string file)
    {
        if (utf8.StartsWith("\uFEFF"u8))
        {
            utf8 = utf8[3..];
        }

        try
        {
            return StrictUtf8.GetString(utf8);
        }
        catch (DecoderFallbackException e)
        {
            var before = utf8[..Math.Clamp(e.Index, 0, utf8.Length)];
            var line = before.Count((byte)'\n') + 1;
            var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
            throw new TomlException(file, new TomlPosition(line, column), $"the byte 0x{e.BytesUnknown?.FirstOrDefault():X2} is not UTF-8");
        }
    }
}
