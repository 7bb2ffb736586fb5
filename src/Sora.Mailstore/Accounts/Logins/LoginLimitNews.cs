using System.Globalization;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>How nodes tell each other what was counted: ASCII without a space.</summary>
internal static class LoginLimitNews
{
    /// <summary>Everything is to be read anew.</summary>
    public const string All = "*";

    public static string Of(LoginLimitRow row) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(short)row.Kind}:{row.Key:N}:{row.Failures}:{row.WindowAge.TotalMilliseconds:F0}:{row.Blocks}:{row.BlockedFor.TotalMilliseconds:F0}:{row.Version}");

    public static string Gone(Guid key) => string.Create(CultureInfo.InvariantCulture, $"x:{key:N}");

    /// <summary>A key that is gone.</summary>
    public static bool TryGone(string text, out Guid key)
    {
        key = default;
        return text.StartsWith("x:", StringComparison.Ordinal) && Guid.TryParseExact(text.AsSpan(2), "N", out key);
    }

    /// <summary>A row; a text of a newer version that is written in another way is none.</summary>
    public static bool TryRow(string text, out LoginLimitRow row)
    {
        row = default;
        if (text.Split(':') is not [var kind, var key, var failures, var age, var blocks, var blocked, var version])
            return false;
        var culture = CultureInfo.InvariantCulture;
        if (!short.TryParse(kind, culture, out var kindNumber) || !Enum.IsDefined((LoginKind)kindNumber) || !Guid.TryParseExact(key, "N", out var id)
            || !int.TryParse(failures, culture, out var count) || !long.TryParse(age, culture, out var ageMilliseconds) || !int.TryParse(blocks, culture, out var blockCount)
            || !long.TryParse(blocked, culture, out var blockedMilliseconds) || !long.TryParse(version, culture, out var number))
        {
            return false;
        }

        row = new LoginLimitRow(
            (LoginKind)kindNumber, id, count, TimeSpan.FromMilliseconds(ageMilliseconds), blockCount, TimeSpan.FromMilliseconds(blockedMilliseconds), number);
        return true;
    }
}
