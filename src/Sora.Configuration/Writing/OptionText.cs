using System.Collections;
using Sora.Configuration.Loading;
using Sora.Configuration.Model;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Writing;

/// <summary>Writes the values of options as TOML.</summary>
internal static class OptionText
{
    /// <summary>The value; a list that is longer than <paramref name="width"/> has a line for each item.</summary>
    public static string Value(OptionMember option, object value, int width = int.MaxValue)
    {
        if (!option.IsList)
        {
            return option.Type.Write(value);
        }

        var items = ((IEnumerable)value).Cast<object>().Select(option.Type.Write).ToList();
        var line = List(items);
        return line.Length <= width ? line : $"[\n{string.Concat(items.Select(i => $"  {i},\n"))}]";
    }

    public static string Masked(OptionMember option)
    {
        var mask = TomlText.String(OptionsBinder.Mask);
        return option.IsList ? List([mask]) : mask;
    }

    /// <summary>What the example shows for an option without a default: its own example, or a value that has the right form.</summary>
    public static string Example(OptionMember option)
    {
        if (option.Example is not { } example)
        {
            return option.IsList ? "[]" : Placeholder(option.Type);
        }

        var items = option.IsList ? example.Split(',', StringSplitOptions.TrimEntries) : [example];
        var values = items.Select(i => option.Type.Read(i)
            ?? throw new InvalidOperationException($"'{i}' is no example for the option {option.Key}"));
        var texts = values.Select(option.Type.Write);
        return option.IsList ? List(texts) : texts.Single();
    }

    private static string Placeholder(OptionType type) =>
        type.ClrType == typeof(string) ? "\"\"" : type.Write(Activator.CreateInstance(type.ClrType)!);

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";
}
