using Sora.Configuration.Model;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Loading;

/// <summary>Lays TOML tables over options objects.</summary>
internal sealed class OptionsBinder(SectionModel rootModel, object root, LoadState state, bool ignoreOtherSections)
{
    /// <summary>What <c>config dump</c> shows in place of a secret.</summary>
    public const string Mask = "********";

    /// <summary>
    /// Most elements of a list, so that an index in an environment variable or a long file cannot ask for any amount of objects.
    /// </summary>
    public const int MaxListItems = 10_000;

    public void BindFile(TomlTable document, string path) =>
        BindTable(rootModel, root, "", document, node => new OptionOrigin(OptionLayer.File, $"{path}:{node.Line}"));

    /// <summary>Binds a table; <paramref name="origin"/> tells where a position of the table is.</summary>
    public void BindTable(SectionModel model, object section, string path, TomlTable table, Func<TomlPosition, OptionOrigin> origin)
    {
        foreach (var entry in table.Entries)
        {
            var key = LoadState.Join(path, entry.Key);
            var place = origin(entry.Position);
            switch (model.Find(entry.Key))
            {
                case OptionMember option:
                    BindOption(option, section, key, entry.Value, place);
                    break;
                case SectionMember nested:
                    BindSection(nested, section, key, entry.Value, origin);
                    break;
                case SectionListMember list:
                    BindSections(list, section, key, entry.Value, place, origin);
                    break;
                default:
                    BindOther(model, section, path, entry, place);
                    break;
            }
        }
    }

    /// <summary>Binds one value of an option.</summary>
    public void BindOption(OptionMember option, object section, string key, TomlNode node, OptionOrigin origin)
    {
        if (!option.IsList)
        {
            var value = node is TomlScalar scalar ? option.Type.Read(scalar) : null;
            SetValue(option, section, key, value, () => Show(node), origin);
            return;
        }

        if (node is not TomlArray { IsArrayOfTables: false } array)
        {
            state.Fail(origin, key, $"expects a list, each item {option.Type.Description}; this is {node.Description}");
            return;
        }

        SetItems(option, section, key, [.. array.Items.Select(i => (i is TomlScalar s ? option.Type.Read(s) : null, Show(i)))], origin);
    }

    /// <summary>Sets a value that was read, or reports that it could not be (<paramref name="value"/> is null) or may not be.</summary>
    public void SetValue(OptionMember option, object section, string key, object? value, Func<string> show, OptionOrigin origin)
    {
        if (Check(option, key, value, show, origin) && Claim(option, key, isEmpty: value is "", origin))
        {
            option.Set(section, value);
        }
    }

    /// <summary>Sets an option to null.</summary>
    public void Unset(OptionMember option, object section, string key, OptionOrigin origin)
    {
        if (Claim(option, key, isEmpty: true, origin))
        {
            option.Set(section, null);
        }
    }

    /// <summary>Sets a list of items that were read; an item that is null could not be.</summary>
    public void SetItems(OptionMember option, object section, string key, List<(object? Value, string Text)> items, OptionOrigin origin)
    {
        if (items.Count > MaxListItems)
        {
            state.Fail(origin, key, $"has {items.Count} items; at most {MaxListItems} are allowed");
            return;
        }

        // No short cut: every wrong item is reported
        var good = true;
        for (var i = 0; i < items.Count; i++)
        {
            var (value, text) = items[i];
            good &= Check(option, $"{key}[{i}]", value, () => text, origin);
        }

        if (good && Claim(option, key, items.Count == 0, origin))
        {
            option.SetItems(section, [.. items.Select(i => i.Value!)]);
        }
    }

    /// <summary>Notes the file to read a secret from.</summary>
    public void SetSecretFile(OptionMember secret, object section, string key, string fileName, OptionOrigin origin)
    {
        if (fileName.Length == 0)
        {
            return;
        }

        var isEmpty = secret.IsList ? secret.Items(section).Count == 0 : string.IsNullOrEmpty((string?)secret.Get(section));
        if (!isEmpty && state.Origins.TryGetValue(key, out var other) && other.Layer == origin.Layer)
        {
            FailTwice(secret, key, origin, other);
            return;
        }

        state.SecretFiles[key] = new SecretFile(secret, section, fileName, origin);
    }

    /// <summary>The message for a key that nothing has.</summary>
    public static string UnknownKey(SectionModel model, string key)
    {
        var suggestion = model.Suggest(key);
        return suggestion is null ? "unknown key" : $"unknown key; did you mean '{suggestion}'?";
    }

    private void BindSection(SectionMember nested, object section, string key, TomlNode node, Func<TomlPosition, OptionOrigin> origin)
    {
        var place = origin(node.Position);
        if (node is not TomlTable table)
        {
            state.Fail(place, key, $"is a section, written [{key}]; this is {node.Description}");
            return;
        }

        state.Origins[key] = place;
        BindTable(nested.Model, nested.GetOrCreate(section), key, table, origin);
    }

    private void BindSections(
        SectionListMember list, object section, string key, TomlNode node, OptionOrigin place, Func<TomlPosition, OptionOrigin> origin)
    {
        if (node is not TomlArray array || array.Items.Any(i => i is not TomlTable))
        {
            state.Fail(place, key, $"is a list of sections, each written [[{key}]]; this is {node.Description}");
            return;
        }

        if (array.Items.Count > MaxListItems)
        {
            state.Fail(place, key, $"has {array.Items.Count} elements; at most {MaxListItems} are allowed");
            return;
        }

        state.Forget(key);
        state.Origins[key] = place;
        var items = new List<object>();
        foreach (var table in array.Items.Cast<TomlTable>())
        {
            var element = list.Model.Create();
            var path = $"{key}[{items.Count}]";
            state.Origins[path] = origin(table.Position);
            BindTable(list.Model, element, path, table, origin);
            items.Add(element);
        }

        list.SetItems(section, items);
    }

    private void BindOther(SectionModel model, object section, string path, TomlEntry entry, OptionOrigin origin)
    {
        var key = LoadState.Join(path, entry.Key);
        if (model.FindSecretOfFile(entry.Key) is { } secret)
        {
            if (entry.Value is TomlScalar { Value: string fileName })
            {
                SetSecretFile(secret, section, LoadState.Join(path, secret.Key), fileName, origin);
            }
            else
            {
                state.Fail(origin, key, $"expects the name of a file; this is {entry.Value.Description}");
            }
        }
        else if (path.Length > 0 || !ignoreOtherSections)
        {
            state.Fail(origin, key, UnknownKey(model, entry.Key));
        }
    }

    private bool Check(OptionMember option, string key, object? value, Func<string> show, OptionOrigin origin)
    {
        if (value is null)
        {
            state.Fail(origin, key, $"expects {option.Type.Description}{(option.IsSecret ? "" : $"; this is {show()}")}");
            return false;
        }

        if (option.Range?.Contains(value) == false)
        {
            state.Fail(origin, key, $"must be {option.Range}; this is {option.Type.Write(value).Trim('"')}");
            return false;
        }

        if (option.IsSecret && value is Mask)
        {
            state.Fail(origin, key, $"is the mask that 'config dump' shows, not the secret; set it or {option.FileKey}");
            return false;
        }

        return true;
    }

    /// <summary>
    /// Notes who set the option; false when the same layer names a file for the secret. That is an error, unless the secret itself is
    /// empty: then it is the line of the example that nobody deleted.
    /// </summary>
    private bool Claim(OptionMember option, string key, bool isEmpty, OptionOrigin origin)
    {
        if (state.SecretFiles.TryGetValue(key, out var file))
        {
            if (file.Origin.Layer == origin.Layer)
            {
                if (!isEmpty)
                {
                    FailTwice(option, key, origin, file.Origin);
                }

                return false;
            }

            state.SecretFiles.Remove(key);
        }

        state.Origins[key] = origin;
        return true;
    }

    private void FailTwice(OptionMember secret, string key, OptionOrigin origin, OptionOrigin other) =>
        state.Fail(origin, key, $"give either {secret.Key} or {secret.FileKey}, not both (the other is at {other.Source})");

    private static string Show(TomlNode node) => node switch
    {
        TomlScalar { Value: string text } => TomlText.String(text.Length <= 60 ? text : text[..60] + "…"),
        TomlScalar { Value: bool flag } => flag ? "true" : "false",
        TomlScalar { Value: double number } => TomlText.Float(number),
        TomlScalar scalar => Convert.ToString(scalar.Value, System.Globalization.CultureInfo.InvariantCulture)!,
        _ => node.Description,
    };
}
