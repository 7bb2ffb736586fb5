using Sora.Configuration.Model;

namespace Sora.Configuration.Loading;

/// <summary>
/// The rules that are checked when all layers are in place: what must be set, ranges of defaults, <see cref="IValidatableOptions"/>.
/// </summary>
internal sealed class OptionsValidation
{
    private readonly LoadState _state;
    private readonly OptionOrigin _fallback;
    private readonly HashSet<string> _failed;

    private OptionsValidation(LoadState state, string? filePath)
    {
        _state = state;
        _fallback = new OptionOrigin(OptionLayer.Default, filePath ?? "defaults");
        _failed = state.Errors.Select(e => e.Key).ToHashSet(StringComparer.Ordinal);
    }

    public static void Check(SectionModel model, object root, LoadState state, string? filePath) =>
        new OptionsValidation(state, filePath).Check(model, root, "");

    private void Check(SectionModel model, object section, string path)
    {
        foreach (var member in model.Members)
        {
            var key = LoadState.Join(path, member.Key);
            switch (member)
            {
                case OptionMember option:
                    CheckOption(option, option.Get(section), key);
                    break;
                case SectionMember nested when nested.Get(section) is { } value:
                    Check(nested.Model, value, key);
                    break;
                case SectionMember { IsNullable: false } nested:
                    throw new InvalidOperationException($"the section '{key}' is null and not nullable: {nested.Model.Summary}");
                case SectionListMember list:
                    var items = list.Items(section);
                    for (var i = 0; i < items.Count; i++)
                    {
                        Check(list.Model, items[i], $"{key}[{i}]");
                    }

                    break;
            }
        }

        if (section is IValidatableOptions validatable)
        {
            foreach (var message in validatable.Validate())
            {
                Report(model, path, message);
            }
        }
    }

    private void CheckOption(OptionMember option, object? value, string key)
    {
        if (value is null)
        {
            if (!option.IsNullable && !_failed.Contains(key) && !_failed.Contains(key + OptionMember.FileSuffix))
            {
                Fail(key, $"must be set: {option.Summary}");
            }
        }
        else if (!option.IsList && option.Range?.Contains(value) == false)
        {
            Fail(key, $"must be {option.Range}; the default is {option.Type.Write(value).Trim('"')}");
        }
    }

    /// <summary>The message's first word is the key when it names one; the rest is the message.</summary>
    private void Report(SectionModel model, string path, string message)
    {
        var end = message.IndexOfAny([' ', ':', ',']);
        var word = end < 0 ? message : message[..end];
        if (!Names(model, word))
        {
            Fail(path, message);
        }
        else if (!_failed.Contains(LoadState.Join(path, word)))
        {
            Fail(LoadState.Join(path, word), end < 0 ? "is not valid" : message[end..].TrimStart(' ', ':', ','));
        }
    }

    private static bool Names(SectionModel model, string path)
    {
        var parts = path.Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            var bracket = parts[i].IndexOf('[', StringComparison.Ordinal);
            var name = bracket < 0 ? parts[i] : parts[i][..bracket];
            switch (model.Find(name))
            {
                case SectionMember nested:
                    model = nested.Model;
                    break;
                case SectionListMember list:
                    model = list.Model;
                    break;
                case OptionMember:
                    return i == parts.Length - 1;
                default:
                    return i == parts.Length - 1 && model.FindSecretOfFile(name) is not null;
            }
        }

        return true;
    }

    private void Fail(string key, string message) => _state.Fail(NearestOrigin(key), key, message);

    /// <summary>Where the key was set, or else the header of its section, or else the file.</summary>
    private OptionOrigin NearestOrigin(string key)
    {
        while (key.Length > 0)
        {
            if (_state.Origins.TryGetValue(key, out var origin))
            {
                return origin;
            }

            key = key[..Math.Max(0, key.AsSpan().LastIndexOfAny('.', '['))];
        }

        return _fallback;
    }
}
