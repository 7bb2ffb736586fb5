using System.Text;

namespace Sora.Configuration.Loading;

/// <summary>Reads the secrets that are given as the name of a file.</summary>
internal static class SecretFiles
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>
    /// Reads them all. A relative name in the configuration file starts from that file's folder, elsewhere from the current one.
    /// </summary>
    public static void Read(LoadState state, string? configurationFolder)
    {
        foreach (var (key, file) in state.SecretFiles)
        {
            var fileKey = key[..^file.Option.Key.Length] + file.Option.FileKey;
            var folder = file.Origin.Layer == OptionLayer.File ? configurationFolder : null;
            try
            {
                var text = ReadText(Path.Combine(folder ?? "", file.FileName));
                if (text is null)
                {
                    state.Fail(file.Origin, fileKey, $"the file {file.FileName} is larger than {new ByteSize(MaxBytes)}");
                    continue;
                }

                Set(file, text);
                state.Origins[key] = file.Origin;
            }
            catch (DecoderFallbackException)
            {
                state.Fail(file.Origin, fileKey, $"the file {file.FileName} is not UTF-8 text");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
            {
                var reason = e is FileNotFoundException or DirectoryNotFoundException ? $"there is no file {file.FileName}" : e.Message;
                state.Fail(file.Origin, fileKey, $"cannot read the secret: {reason}");
            }
        }
    }

    private static void Set(SecretFile file, string text)
    {
        if (file.Option.IsList)
        {
            var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            file.Option.SetItems(file.Section, [.. lines]);
            return;
        }

        // One newline, the one an editor or echo adds; a secret may well end in blanks
        text = text.EndsWith('\n') ? text[..^1] : text;
        file.Option.Set(file.Section, text.EndsWith('\r') ? text[..^1] : text);
    }

    private static string? ReadText(string path)
    {
        using var stream = File.OpenRead(path);
        var bytes = new byte[MaxBytes + 1];
        var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length > MaxBytes ? null : new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes, 0, length);
    }
}
