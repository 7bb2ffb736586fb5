using Sora.Configuration.Loading;
using Sora.Configuration.Model;
using Sora.Configuration.Toml;
using Sora.Configuration.Writing;

namespace Sora.Configuration;

/// <summary>Writes the configuration that is in effect as TOML, which loads to the same values again unless secrets are masked.</summary>
public static class ConfigurationDump
{
    /// <summary>What stands in place of a secret that is set.</summary>
    public const string Mask = OptionsBinder.Mask;

    /// <summary>Writes an object of options classes.</summary>
    /// <param name="root">The object.</param>
    /// <param name="originOf">When given, each line ends in a comment that tells where its value came from.</param>
    /// <param name="showSecrets">Secrets are written as they are instead of as <see cref="Mask"/>.</param>
    public static string Write(object root, Func<string, OptionOrigin>? originOf = null, bool showSecrets = false)
    {
        var lines = new SettingLines();
        WriteSection(SectionModel.Of(root.GetType()), root, "", new Style(originOf, showSecrets), "", lines);
        return lines.ToString();
    }

    /// <summary>Writes what was loaded, each value with its origin.</summary>
    public static string WriteWithOrigins<TRoot>(ConfigurationResult<TRoot> result)
        where TRoot : class => Write(result.Value, result.OriginOf);

    /// <summary>A table's own keys come before the tables below it: a key after a header would belong to that header.</summary>
    private static void WriteSection(SectionModel model, object section, string path, Style style, string header, SettingLines lines)
    {
        foreach (var member in model.Members)
        {
            var key = LoadState.Join(path, member.Key);
            switch (member)
            {
                case OptionMember option:
                    WriteOption(option, option.Get(section), key, style, lines);
                    break;
                case SectionListMember list when list.Items(section).Count == 0:
                    lines.Setting($"{member.Key} = []", style.CommentFor(key));
                    break;
            }
        }

        foreach (var member in model.Members)
        {
            var key = LoadState.Join(path, member.Key);
            var name = LoadState.Join(header, member.Key);
            switch (member)
            {
                case SectionMember nested when nested.Get(section) is { } value:
                    lines.Header($"[{name}]");
                    WriteSection(nested.Model, value, key, style, name, lines);
                    break;
                case SectionMember:
                    lines.Blank();
                    lines.Comment($"[{name}] is not set");
                    break;
                case SectionListMember list:
                    var items = list.Items(section);
                    for (var i = 0; i < items.Count; i++)
                    {
                        lines.Header($"[[{name}]]");
                        WriteSection(list.Model, items[i], $"{key}[{i}]", style, name, lines);
                    }

                    break;
            }
        }
    }

    private static void WriteOption(OptionMember option, object? value, string key, Style style, SettingLines lines)
    {
        if (value is null)
        {
            lines.Comment($"{option.Key} is not set");
            return;
        }

        var isEmpty = value is "" || (option.IsList && value is System.Collections.ICollection { Count: 0 });
        var text = !option.IsSecret || style.ShowSecrets || isEmpty ? OptionText.Value(option, value) : OptionText.Masked(option);
        lines.Setting($"{option.Key} = {text}", style.CommentFor(key));
    }

    private sealed record Style(Func<string, OptionOrigin>? OriginOf, bool ShowSecrets)
    {
        public string? CommentFor(string key) => OriginOf?.Invoke(key).Source is { } source ? TomlText.Comment(source) : null;
    }
}
