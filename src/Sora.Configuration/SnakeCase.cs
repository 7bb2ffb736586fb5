using System.Text;

namespace Sora.Configuration;

/// <summary>The names of keys and enum values in config.toml.</summary>
internal static class SnakeCase
{
    /// <summary>
    /// <c>MaxLine</c> is max_line, <c>TLSMode</c> is tls_mode, <c>S3Bucket</c> is s3_bucket, <c>Pop3S</c> is pop3_s: a word starts at a
    /// capital after a small letter or digit, and at the last capital of a row that a small letter follows.
    /// </summary>
    public static string Of(string name)
    {
        var text = new StringBuilder(name.Length + 4);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && char.IsAsciiLetterUpper(name[i]) && name[i - 1] != '_'
                && (!char.IsAsciiLetterUpper(name[i - 1]) || (i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1]))))
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
