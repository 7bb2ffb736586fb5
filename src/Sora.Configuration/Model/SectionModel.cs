using System.Collections.Concurrent;
using System.Reflection;

namespace Sora.Configuration.Model;

/// <summary>
/// What an options class looks like in config.toml. A class that breaks the rules of the attributes is a bug of its author and throws.
/// </summary>
internal sealed class SectionModel
{
    private static readonly ConcurrentDictionary<Type, SectionModel> Models = new();
    private readonly Type _type;

    private SectionModel(Type type)
    {
        _type = type;
        Summary = type.GetCustomAttribute<SectionAttribute>()?.Summary;
        var nullability = new NullabilityInfoContext();
        Members = [.. Properties(type).Select(p => Describe(p, nullability)).OfType<Member>()];
        if (Keys.GroupBy(k => k, StringComparer.Ordinal).FirstOrDefault(g => g.Skip(1).Any()) is { } twice)
        {
            throw new InvalidOperationException($"{type.Name} has two options with the key '{twice.Key}'");
        }
    }

    /// <summary>The section's meaning; null for a root class without <see cref="SectionAttribute"/>.</summary>
    public string? Summary { get; }

    /// <summary>In the order of declaration, those of a base class first.</summary>
    public IReadOnlyList<Member> Members { get; }

    /// <summary>All keys that may stand in the section.</summary>
    private IEnumerable<string> Keys =>
        Members.Select(m => m.Key).Concat(Members.OfType<OptionMember>().Where(o => o.IsSecret).Select(o => o.FileKey));

    public static SectionModel Of(Type type) => Models.GetOrAdd(type, t => new SectionModel(t));

    public object Create() => Activator.CreateInstance(_type)!;

    /// <summary>The member of a key, or null.</summary>
    public Member? Find(string key, StringComparison comparison = StringComparison.Ordinal) =>
        Members.FirstOrDefault(m => string.Equals(m.Key, key, comparison));

    /// <summary>The secret whose value a <c>_file</c> key names, or null.</summary>
    public OptionMember? FindSecretOfFile(string key, StringComparison comparison = StringComparison.Ordinal) =>
        Members.OfType<OptionMember>().FirstOrDefault(o => o.IsSecret && string.Equals(o.FileKey, key, comparison));

    /// <summary>The key that was probably meant, or null.</summary>
    public string? Suggest(string key) =>
        Spelling.Closest(key, Keys);

    private static IEnumerable<PropertyInfo> Properties(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).OrderBy(p => Depth(p.DeclaringType!)).ThenBy(p => p.MetadataToken);

    private static int Depth(Type type) => type.BaseType is { } parent ? Depth(parent) + 1 : 0;

    private static Member? Describe(PropertyInfo property, NullabilityInfoContext nullability)
    {
        var type = property.PropertyType;
        var isNullable = Nullable.GetUnderlyingType(type) is not null
            || nullability.Create(property).ReadState == NullabilityState.Nullable;
        var item = ItemOf(type);
        if (property.GetCustomAttribute<OptionAttribute>() is { } option)
        {
            return DescribeOption(property, option, isNullable, item);
        }

        if (IsSection(type))
        {
            return !isNullable || property.CanWrite
                ? new SectionMember(property, isNullable)
                : throw Broken(property, "can be null and therefore needs a setter");
        }

        if (item is not null && IsSection(item))
        {
            return property.CanWrite ? new SectionListMember(property, item) : throw Broken(property, "needs a setter");
        }

        return null;
    }

    private static OptionMember DescribeOption(PropertyInfo property, OptionAttribute option, bool isNullable, Type? item)
    {
        var single = item ?? property.PropertyType;
        var type = OptionType.Of(Nullable.GetUnderlyingType(single) ?? single)
            ?? throw Broken(property, $"has the type {single.Name}, which is none of an option");
        if (!property.CanWrite)
        {
            throw Broken(property, "needs a setter");
        }

        if (option.Secret && type.ClrType != typeof(string))
        {
            throw Broken(property, "is secret and must be a string or a list of strings");
        }

        var range = property.GetCustomAttribute<OptionRangeAttribute>() is { } r ? new OptionRange(r, type) : null;
        return new OptionMember(property, isNullable, option, type, item is not null, range);
    }

    private static bool IsSection(Type type) => type.IsDefined(typeof(SectionAttribute), inherit: false);

    /// <summary>
    /// The item type of an array or of a generic type that an array or a list can be assigned to; null for everything else.
    /// </summary>
    private static Type? ItemOf(Type type)
    {
        if (type.IsArray)
        {
            return type.GetElementType();
        }

        return type.IsGenericType && type.GetGenericArguments() is [var item]
            && type.IsAssignableFrom(typeof(List<>).MakeGenericType(item)) ? item : null;
    }

    private static InvalidOperationException Broken(PropertyInfo property, string why) =>
        new($"the option {property.DeclaringType!.Name}.{property.Name} {why}");
}
