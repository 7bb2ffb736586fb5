using System.Collections.Immutable;
using System.Reflection;
using Sora.Contracts;
using Sora.Grains.Mailboxes;

namespace Sora.Cluster.Tests;

/// <summary>
/// contracts.txt says how types and calls look on the wire. While a cluster is upgraded, nodes of the old and of the new build speak with each other: what is there may be added to, with new ids and
/// new names, and nothing else.
/// </summary>
public sealed class ContractManifestTests
{
    [Fact]
    public async Task The_contracts_are_those_that_are_written_down()
    {
        var written = (await File.ReadAllLinesAsync(Path.Combine(AppContext.BaseDirectory, "contracts.txt"))).Where(static line => line.Length > 0).ToList();
        var now = Manifest().ToList();
        var file = Path.Combine(AppContext.BaseDirectory, "contracts.now.txt");
        await File.WriteAllLinesAsync(file, now);
        written.Except(now).ShouldBeEmpty("these lines of contracts.txt are not true any more: a node of the build before would not be understood");
        now.Except(written).ShouldBeEmpty($"these are new: contracts.txt is to become {file}");
        written.ShouldBe(now);
    }

    [Fact]
    public void No_two_types_or_ids_are_the_same_on_the_wire()
    {
        var members = Manifest().Select(static line => string.Join(' ', line.Split(' ').Take(2))).ToList();
        members.ShouldBeUnique();
    }

    private static IEnumerable<string> Manifest() => TypeLines().Concat(CallLines()).Order(StringComparer.Ordinal);

    private static IEnumerable<string> TypeLines()
    {
        foreach (var type in ContractTypes.All)
        {
            var alias = type.GetCustomAttribute<AliasAttribute>()!.Alias;
            yield return $"{alias} - {(type.IsValueType ? "struct" : "class")}";
            foreach (var (member, memberType, id) in ContractTypes.MembersOf(type))
                yield return $"{alias} {id} {Name(memberType)} {member}";
        }

        foreach (var type in ContractTypes.All.SelectMany(ContractTypes.MembersOf).Select(static member => Nullable.GetUnderlyingType(member.Type) ?? member.Type)
            .Where(static type => type.IsEnum).Distinct())
        {
            foreach (var name in Enum.GetNames(type))
                yield return $"enum:{type.Name} {name} {Convert.ToInt64(Enum.Parse(type, name), System.Globalization.CultureInfo.InvariantCulture)}";
        }
    }

    private static IEnumerable<string> CallLines()
    {
        foreach (var type in typeof(IMailboxGrain).Assembly.GetTypes().Where(static type => type.IsInterface && typeof(Orleans.Runtime.IAddressable).IsAssignableFrom(type)))
        {
            var alias = type.GetCustomAttribute<AliasAttribute>()!.Alias;
            foreach (var method in type.GetInterfaces().Append(type).Where(static from => from.Namespace!.StartsWith("Sora.", StringComparison.Ordinal)).SelectMany(static from => from.GetMethods()))
                yield return $"{alias} {method.Name} ({string.Join(", ", method.GetParameters().Select(static parameter => Name(parameter.ParameterType)))}) {Name(method.ReturnType)}";
        }
    }

    private static string Name(Type type)
    {
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        return type.IsGenericType
            ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(",", type.GetGenericArguments().Select(Name))}>"
            : type.Name;
    }
}

/// <summary>The types that travel between nodes.</summary>
internal static class ContractTypes
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    public static ImmutableArray<Type> All { get; } =
    [
        .. new[] { typeof(MailError).Assembly, typeof(IMailboxGrain).Assembly }.SelectMany(static assembly => assembly.GetTypes())
            .Where(static type => type.GetCustomAttribute<GenerateSerializerAttribute>() is not null),
    ];

    /// <summary>What is stored of a type, in the order of the ids.</summary>
    public static IEnumerable<(string Name, Type Type, uint Id)> MembersOf(Type type)
    {
        var members = new List<(string Name, Type Type, uint Id)>();
        foreach (var field in type.GetFields(Declared))
        {
            // The field behind a property carries no attribute of its own
            MemberInfo member = field.Name.StartsWith('<') ? type.GetProperty(field.Name[1..field.Name.IndexOf('>', StringComparison.Ordinal)], Declared)! : field;
            if (member.GetCustomAttribute<IdAttribute>() is { } id)
                members.Add((member.Name, field.FieldType, id.Id));
        }

        return members.OrderBy(static member => member.Id);
    }
}
