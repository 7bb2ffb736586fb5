using System.CommandLine.Parsing;
using System.Globalization;
using Sora.Configuration;
using Sora.Mailstore.Storage;

namespace Sora.Admin.Quotas;

/// <summary>A limit as it is typed and shown: a number, <c>none</c>, or <c>default</c> for what the domain or the server says.</summary>
internal static class QuotaText
{
    public const string None = "none";
    public const string Default = "default";

    public static string Of(long? stored) => stored switch
    {
        null => Default,
        StoredQuota.Unlimited => None,
        { } limit => limit.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>False when the text is no limit.</summary>
    public static bool TryParse(string text, bool isSize, out long? stored)
    {
        stored = null;
        switch (text)
        {
            case Default:
                return true;
            case None:
                stored = StoredQuota.Unlimited;
                return true;
        }

        if (isSize && ByteSize.TryParse(text, out var size))
            stored = size.Bytes;
        else if (!isSize && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            stored = number;
        return stored is not null;
    }

    /// <summary>Refuses what is no limit while the command line is read.</summary>
    public static void Check(CommandResult result, System.CommandLine.Option<string?> option, bool isSize)
    {
        if (result.GetValue(option) is { } text && !TryParse(text, isSize, out _))
            result.AddError($"{option.Name} must be {(isSize ? "a size such as 5GiB" : "a number")}, none or default");
    }
}
