using System.Globalization;
using Sora.Configuration.Model;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Loading;

/// <summary>Lays environment variables and <c>--set</c> arguments over options objects.</summary>
internal sealed class TextLayers(SectionModel rootModel, object root, OptionsBinder binder, LoadState state, bool ignoreOtherSections)
{
    public void ApplyEnvironment(IReadOnlyDictionary<string, string> environment)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var ours = environment.Where(v => v.Key.StartsWith(ConfigurationSources.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase));

        // In the order of their indexes, so that the elements of a list are made one after the other; a whole value comes before its parts
        foreach (var (name, value) in ours.OrderBy(v => v.Key, PathOrder.Instance).ThenBy(v => v.Key, StringComparer.Ordinal))
        {
            var origin = new OptionOrigin(OptionLayer.Environment, name);
            if (!seen.TryAdd(name, name))
            {
                state.Fail(origin, "", $"is the same variable as {seen[name]}");
                continue;
            }

            var path = name[ConfigurationSources.EnvironmentPrefix.Length..].Split("__");
            Apply(new Setting(path, value, origin, StringComparison.OrdinalIgnoreCase));
        }
    }

    public void ApplySettings(IReadOnlyList<string> settings)
    {
        foreach (var setting in settings)
        {
            var equals = setting.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                state.Fail(new OptionOrigin(OptionLayer.CommandLine, $"--set {setting}"), "", "expects section.key=value");
                continue;
            }

            var key = setting[..equals].Trim();
            var origin = new OptionOrigin(OptionLayer.CommandLine, $"--set {key}");
            Apply(new Setting(key.Split('.'), setting[(equals + 1)..], origin, StringComparison.Ordinal));
        }
    }

    private void Apply(Setting setting)
    {
        var model = rootModel;
        var section = root;
        var key = "";
        for (var i = 0; i < setting.Path.Length; i++)
        {
            var name = setting.Path[i];
            var isLast = i == setting.Path.Length - 1;
            switch (model.Find(name, setting.Comparison))
            {
                case OptionMember option:
                    ApplyOption(option, section, LoadState.Join(key, option.Key), setting, i + 1);
                    return;
                case SectionMember nested when isLast:
                    ApplyWhole(model, section, key, nested.Key, setting);
                    return;
                case SectionMember nested:
                    key = LoadState.Join(key, nested.Key);
                    section = nested.GetOrCreate(section);
                    model = nested.Model;
                    break;
                case SectionListMember list when isLast:
                    ApplyWhole(model, section, key, list.Key, setting);
                    return;
                case SectionListMember list:
                    key = LoadState.Join(key, list.Key);
                    var index = ReadIndex(list.Items(section).Count, setting, ++i, key);
                    if (index < 0)
                    {
                        return;
                    }

                    section = ElementAt(list, section, index);
                    model = list.Model;
                    key = $"{key}[{index}]";
                    if (i == setting.Path.Length - 1)
                    {
                        BindWholeElement(model, section, key, setting);
                        return;
                    }

                    break;
                default:
                    ApplyOther(model, section, key, name, isLast, setting);
                    return;
            }
        }
    }

    private void ApplyOption(OptionMember option, object section, string key, Setting setting, int next)
    {
        if (next == setting.Path.Length)
        {
            ApplyValue(option, section, key, setting);
            return;
        }

        if (!option.IsList || next != setting.Path.Length - 1)
        {
            state.Fail(setting.Origin, key, $"is an option; nothing can stand below it ('{setting.Path[next]}')");
            return;
        }

        var items = option.Items(section);
        var index = ReadIndex(items.Count, setting, next, key);
        if (index < 0)
        {
            return;
        }

        var values = items.Select(v => ((object?)v, option.Type.Write(v))).ToList();
        values.RemoveRange(index, index < values.Count ? 1 : 0);
        values.Insert(index, (option.Type.Read(setting.Value), setting.Shown));
        binder.SetItems(option, section, key, values, setting.Origin);
    }

    private void ApplyValue(OptionMember option, object section, string key, Setting setting)
    {
        var text = setting.Value;
        if (text.Length == 0 && option is { IsNullable: true, IsList: false })
        {
            binder.Unset(option, section, key, setting.Origin);
        }
        else if (option.IsList && text.TrimStart().StartsWith('['))
        {
            if (ReadToml(setting, key) is { } node)
            {
                binder.BindOption(option, section, key, node, setting.Origin);
            }
        }
        else if (option.IsList)
        {
            var parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            binder.SetItems(option, section, key, [.. parts.Select(p => (option.Type.Read(p), TomlText.String(p)))], setting.Origin);
        }
        else
        {
            binder.SetValue(option, section, key, option.Type.Read(text), () => setting.Shown, setting.Origin);
        }
    }

    /// <summary>A whole section or list of sections as one TOML value.</summary>
    private void ApplyWhole(SectionModel model, object section, string path, string name, Setting setting)
    {
        var key = LoadState.Join(path, name);
        if (ReadToml(setting, key) is { } node)
        {
            var table = new TomlTable(node.Position, TomlTableForm.Inline);
            table.Add(new TomlEntry(name, node.Position, node));
            binder.BindTable(model, section, path, table, _ => setting.Origin);
        }
    }

    private void BindWholeElement(SectionModel model, object element, string key, Setting setting)
    {
        switch (ReadToml(setting, key))
        {
            case TomlTable table:
                binder.BindTable(model, element, key, table, _ => setting.Origin);
                break;
            case { } other:
                state.Fail(setting.Origin, key, $"is a section; expects an inline table {{ key = value }}, this is {other.Description}");
                break;
        }
    }

    private void ApplyOther(SectionModel model, object section, string path, string name, bool isLast, Setting setting)
    {
        if (isLast && model.FindSecretOfFile(name, setting.Comparison) is { } secret)
        {
            binder.SetSecretFile(secret, section, LoadState.Join(path, secret.Key), setting.Value, setting.Origin);
        }
        else if (path.Length > 0 || !ignoreOtherSections)
        {
            var shown = setting.Comparison == StringComparison.OrdinalIgnoreCase ? name.ToLowerInvariant() : name;
            state.Fail(setting.Origin, LoadState.Join(path, shown), OptionsBinder.UnknownKey(model, name));
        }
    }

    /// <summary>The index at a place of the path, at most one after the last element; -1 when it is wrong, which is reported.</summary>
    private int ReadIndex(int count, Setting setting, int at, string key)
    {
        if (int.TryParse(setting.Path[at], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index <= count && index < OptionsBinder.MaxListItems)
        {
            return index;
        }

        var range = count == 0 ? "0" : $"0 to {count}";
        state.Fail(setting.Origin, key, $"expects an index ({range}), not '{setting.Path[at]}'");
        return -1;
    }

    private static object ElementAt(SectionListMember list, object section, int index)
    {
        var items = list.Items(section);
        if (index == items.Count)
        {
            items.Add(list.Model.Create());
            list.SetItems(section, items);
        }

        return items[index];
    }

    private TomlNode? ReadToml(Setting setting, string key)
    {
        try
        {
            return TomlReader.ReadValue(setting.Value.Trim(), setting.Origin.Source);
        }
        catch (TomlException e)
        {
            state.Fail(setting.Origin, key, $"column {e.Position.Column} of the value: {e.Reason}");
            return null;
        }
    }

    private sealed record Setting(string[] Path, string Value, OptionOrigin Origin, StringComparison Comparison)
    {
        /// <summary>The value as a message shows it.</summary>
        public string Shown => TomlText.String(Value.Length <= 60 ? Value : Value[..60] + "…");
    }

    /// <summary>Part by part, numbers as numbers, a path before those below it.</summary>
    private sealed class PathOrder : IComparer<string>
    {
        public static readonly PathOrder Instance = new();

        public int Compare(string? x, string? y)
        {
            var a = x!.Split("__");
            var b = y!.Split("__");
            for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
            {
                var order = int.TryParse(a[i], NumberStyles.None, CultureInfo.InvariantCulture, out var m)
                    && int.TryParse(b[i], NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                    ? m.CompareTo(n)
                    : string.Compare(a[i], b[i], StringComparison.OrdinalIgnoreCase);
                if (order != 0)
                {
                    return order;
                }
            }

            return a.Length.CompareTo(b.Length);
        }
    }
}
