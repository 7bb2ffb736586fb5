namespace Sora.Configuration;

/// <summary>Rules between the keys of one section, or, on the root object, between sections.</summary>
public interface IValidatableOptions
{
    /// <summary>
    /// Gives one message per broken rule; it starts with the key it is about (<c>min_size must not be larger than max_size</c>), which
    /// may be a path into a nested section (<c>write.max_connections must …</c>). The loader adds the section and the source. Also
    /// called when single keys of the section were wrong: those then hold the value of the layer below.
    /// </summary>
    IEnumerable<string> Validate();
}
