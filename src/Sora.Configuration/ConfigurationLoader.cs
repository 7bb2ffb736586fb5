using Sora.Configuration.Loading;
using Sora.Configuration.Model;
using Sora.Configuration.Toml;

namespace Sora.Configuration;

/// <summary>
/// Fills an object of options classes: defaults &lt; file &lt; environment &lt; command line. The root class has a property for each
/// section and may have options of its own.
/// </summary>
public static class ConfigurationLoader
{
    /// <summary>Loads and validates. All problems of all layers are in the result; nothing is thrown for them.</summary>
    /// <exception cref="InvalidOperationException">An options class breaks the rules of its attributes.</exception>
    public static ConfigurationResult<TRoot> Load<TRoot>(ConfigurationSources sources)
        where TRoot : class, new()
    {
        var root = new TRoot();
        var model = SectionModel.Of(typeof(TRoot));
        var state = new LoadState();
        var binder = new OptionsBinder(model, root, state, sources.IgnoreOtherSections);
        var folder = ApplyFile(binder, state, sources.FilePath);
        var text = new TextLayers(model, root, binder, state, sources.IgnoreOtherSections);
        text.ApplyEnvironment(sources.Environment);
        text.ApplySettings(sources.Settings);
        SecretFiles.Read(state, folder);
        OptionsValidation.Check(model, root, state, sources.FilePath);
        return new ConfigurationResult<TRoot>(root, state.Errors, state.Origins);
    }

    /// <summary>The folder that relative names in the file start from.</summary>
    private static string? ApplyFile(OptionsBinder binder, LoadState state, string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            binder.BindFile(TomlReader.ReadFile(path), path);
        }
        catch (TomlException e)
        {
            state.Errors.Add(new ConfigurationError($"{path}:{e.Position.Line}:{e.Position.Column}", "", e.Reason));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : e.Message;
            state.Errors.Add(new ConfigurationError(path, "", $"cannot read the configuration: {reason}"));
        }

        return Path.GetDirectoryName(path);
    }
}
