using System.Globalization;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Tests;

/// <summary>Shows a document as one line: <c>{a: 1, b: ["x", 2.5]}</c>. Strings are shown as they are, controls as \n and the like.</summary>
internal static class TomlJson
{
    public static string Show(TomlNode node) => node switch
    {
        TomlTable table => $"{{{string.Join(", ", table.Entries.Select(e => $"{(e.Key.Length == 0 ? "''" : e.Key)}: {Show(e.Value)}"))}}}",
        TomlArray array => $"[{string.Join(", ", array.Items.Select(Show))}]",
        TomlScalar { Value: string text } => $"'{text.Replace("\n", "\\n").Replace("\r", "\\r").Replace("\t", "\\t")}'",
        TomlScalar { Value: bool flag } => flag ? "true" : "false",
        TomlScalar { Value: double number } => number == 0 && double.IsNegative(number) ? "-0f" : number.ToString("R", CultureInfo.InvariantCulture) + "f",
        TomlScalar { Value: TomlDateTime time } => $"{node.Kind}({time})",
        TomlScalar scalar => Convert.ToString(scalar.Value, CultureInfo.InvariantCulture)!,
        _ => throw new ArgumentException(node.ToString()),
    };
}
