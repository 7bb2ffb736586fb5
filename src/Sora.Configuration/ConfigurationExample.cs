using Sora.Configuration.Loading;
using Sora.Configuration.Model;
using Sora.Configuration.Writing;

namespace Sora.Configuration;

/// <summary>
/// Writes config.toml.example: every key of every section with its default, its meaning, its range and its reference. Keys without a
/// default and sections that are not there by default are switched off by a "#" with no blank after it. The same classes always give the
/// same text.
/// </summary>
public static class ConfigurationExample
{
    /// <summary>Writes the example of a root class.</summary>
    /// <param name="preamble">Prose for the top of the file; each of its lines is a paragraph. Null for none.</param>
    public static string Write<TRoot>(string? preamble = null)
        where TRoot : class, new()
    {
        var lines = new SettingLines();
        if (preamble is not null)
        {
            lines.Comment(preamble.TrimEnd());
        }

        WriteSection(SectionModel.Of(typeof(TRoot)), new TRoot(), "", off: false, explain: true, lines);
        return lines.ToString();
    }

    private static void WriteSection(SectionModel model, object section, string path, bool off, bool explain, SettingLines lines)
    {
        foreach (var option in model.Members.OfType<OptionMember>())
        {
            WriteOption(option, option.Get(section), path, off, explain, lines);
        }

        foreach (var member in model.Members)
        {
            var name = LoadState.Join(path, member.Key);
            switch (member)
            {
                case SectionMember nested:
                    var value = nested.Get(section);
                    Explain(nested.Model, explain, path.Length == 0, lines);
                    lines.Line($"[{name}]", off || value is null);
                    WriteSection(nested.Model, value ?? nested.Model.Create(), name, off || value is null, explain, lines);
                    break;
                case SectionListMember list:
                    WriteList(list, list.Items(section), name, off, explain, path.Length == 0, lines);
                    break;
            }
        }
    }

    /// <summary>The meaning stands with the first element only.</summary>
    private static void WriteList(
        SectionListMember list, List<object> items, string name, bool off, bool explain, bool isTop, SettingLines lines)
    {
        var none = items.Count == 0;
        if (none && !explain)
        {
            return;
        }

        foreach (var item in none ? [list.Model.Create()] : items)
        {
            Explain(list.Model, explain, isTop, lines);
            lines.Line($"[[{name}]]", off || none);
            WriteSection(list.Model, item, name, off || none, explain, lines);
            explain = false;
        }
    }

    private static void Explain(SectionModel model, bool explain, bool isTop, SettingLines lines)
    {
        lines.Blank();
        if (!explain)
        {
            return;
        }

        if (isTop)
        {
            lines.Line("# " + new string('-', SettingLines.Width - 2));
        }

        if (model.Summary is { } summary)
        {
            lines.Comment(summary);
        }
    }

    private static void WriteOption(OptionMember option, object? value, string path, bool off, bool explain, SettingLines lines)
    {
        if (explain)
        {
            lines.Blank();
            lines.Comment(Meaning(option, isSet: value is not null));
        }

        var text = value is null ? OptionText.Example(option) : OptionText.Value(option, value, SettingLines.Width - option.Key.Length - 3);
        lines.Line($"{option.Key} = {text}", off || value is null);
        if (option.IsSecret)
        {
            var file = "/run/secrets/" + LoadState.Join(path, option.Key).Replace('.', '_');
            lines.Line($"{option.FileKey} = \"{file}\"", off: true);
        }
    }

    /// <summary>The summary, and in parentheses the range or the choices, the reference, and that there is no default.</summary>
    private static string Meaning(OptionMember option, bool isSet)
    {
        var notes = new List<string>();
        if (option.Range is { } range)
        {
            notes.Add(range.ToString());
        }
        else if (option.Type.ClrType.IsEnum)
        {
            notes.Add(option.Type.Description.Replace("\"", "", StringComparison.Ordinal));
        }

        if (option.Reference is { } reference)
        {
            notes.Add(reference);
        }

        if (!isSet)
        {
            notes.Add("not set by default");
        }

        if (option.IsSecret)
        {
            notes.Add($"{option.FileKey} reads it from a file");
        }

        return notes.Count == 0 ? option.Summary : $"{option.Summary.TrimEnd('.')} ({string.Join("; ", notes)}).";
    }
}
