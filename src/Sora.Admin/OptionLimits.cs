using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Sora.Admin;

/// <summary>Limits of numbers on the command line.</summary>
internal static class OptionLimits
{
    /// <summary>Refuses a number outside of the limits; what is no number is refused by the parser.</summary>
    public static void Check(CommandResult result, Option option, int least, int most)
    {
        if (result.GetResult(option) is { Tokens: [var token] }
            && int.TryParse(token.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && (value < least || value > most))
        {
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be between {least} and {most}"));
        }
    }
}
