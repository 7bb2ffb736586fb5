using System.Collections;
using System.Reflection;

namespace Sora.Configuration.Model;

/// <summary>A property of an options class that has a place in config.toml.</summary>
internal abstract class Member(PropertyInfo property, bool isNullable)
{
    public string Key { get; } = SnakeCase.Of(property.Name);

    /// <summary>The property may be null, which means "not set".</summary>
    public bool IsNullable { get; } = isNullable;

    protected PropertyInfo Property { get; } = property;

    public object? Get(object section) => Property.GetValue(section);

    public void Set(object section, object? value) => Property.SetValue(section, value);

    /// <summary>The array or list that the property takes, with these items.</summary>
    protected object MakeList(Type item, ICollection<object> items)
    {
        var array = Array.CreateInstance(item, items.Count);
        ((ICollection)items.ToArray()).CopyTo(array, 0);
        return Property.PropertyType.IsInstanceOfType(array)
            ? array
            : Activator.CreateInstance(typeof(List<>).MakeGenericType(item), array)!;
    }

    protected List<object> GetList(object section) => Get(section) is IEnumerable items ? [.. items.Cast<object>()] : [];
}

/// <summary>An option: a single value or a list of them.</summary>
internal sealed class OptionMember(
    PropertyInfo property, bool isNullable, OptionAttribute option, OptionType type, bool isList, OptionRange? range)
    : Member(property, isNullable)
{
    public const string FileSuffix = "_file";

    public string Summary => option.Summary;

    public string? Reference => option.Reference;

    public string? Example => option.Example;

    public bool IsSecret => option.Secret;

    /// <summary>The key that names a file with the secret.</summary>
    public string FileKey => Key + FileSuffix;

    /// <summary>The type of the value, or of the list's items.</summary>
    public OptionType Type => type;

    public bool IsList => isList;

    public OptionRange? Range => range;

    public List<object> Items(object section) => GetList(section);

    public void SetItems(object section, ICollection<object> items) => Set(section, MakeList(type.ClrType, items));
}

/// <summary>A nested section.</summary>
internal sealed class SectionMember(PropertyInfo property, bool isNullable) : Member(property, isNullable)
{
    public SectionModel Model => SectionModel.Of(Property.PropertyType);

    /// <summary>The nested section; made first when it is null.</summary>
    public object GetOrCreate(object section)
    {
        var nested = Get(section);
        if (nested is null)
        {
            nested = Model.Create();
            Set(section, nested);
        }

        return nested;
    }
}

/// <summary>A list of sections, an array of tables in the file.</summary>
internal sealed class SectionListMember(PropertyInfo property, Type item) : Member(property, isNullable: false)
{
    public SectionModel Model => SectionModel.Of(item);

    public List<object> Items(object section) => GetList(section);

    public void SetItems(object section, ICollection<object> items) => Set(section, MakeList(item, items));
}
