using System.Reflection;
using Sora.Contracts;

namespace Sora.Contracts.Tests;

/// <summary>What Orleans' generator and version tolerance ask of the contract types; holds in builds with and without Orleans.</summary>
public sealed class SerializationAttributeTests
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Type[] Marked =
        [.. typeof(MailError).Assembly.GetTypes().Where(static type => Argument(type, "GenerateSerializerAttribute") is not null)];

    public static TheoryData<Type> Types() => new(Marked);

    [Fact]
    public void The_types_that_travel_are_marked()
    {
        Type[] expected =
        [
            typeof(AccountId), typeof(MailboxId), typeof(ContentId), typeof(Uid), typeof(UidValidity), typeof(ModSeq), typeof(OperationId),
            typeof(ContentHash), typeof(UidRange), typeof(UidSet), typeof(FlagSet), typeof(MailError), typeof(MailResult<>), typeof(Done),
            typeof(MailboxName), typeof(MailboxEntry), typeof(MailboxList), typeof(MailboxTotals), typeof(MailboxStatus),
            typeof(AppendResult), typeof(StoreRequest), typeof(StoreResult), typeof(ExpungeRequest), typeof(ExpungeResult),
            typeof(CopyRequest), typeof(CopyResult), typeof(CompletedOperation), typeof(GrantedMailbox), typeof(SharingAccount), typeof(SharedView),
            typeof(AccessEntry), typeof(AccessList), typeof(AccessChange), typeof(SieveScriptName), typeof(SieveScriptEntry),
            typeof(SieveScriptList), typeof(SieveScriptContent), typeof(SieveDuplicateMark), typeof(SieveLogEntry),
        ];
        expected.Except(Marked).ShouldBeEmpty();
    }

    [Fact]
    public void Messages_do_not_travel() =>
        Marked.ShouldNotContain(static type => type == typeof(IngestedMessage) || type == typeof(AppendMessage) || type == typeof(AppendRequest));

    [Fact]
    public void No_two_types_have_the_same_alias()
    {
        var aliases = Marked.Select(static type => Argument(type, "AliasAttribute")).ToList();
        aliases.ShouldBeUnique();
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void A_marked_type_has_an_alias_with_its_arity_and_is_immutable(Type type)
    {
        Argument(type, "AliasAttribute").ShouldBe("sora." + type.Name.Replace("Surrogate", "", StringComparison.Ordinal));
        Argument(type, "ImmutableAttribute").ShouldNotBeNull();
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_stored_member_has_an_id_and_the_ids_count_from_zero(Type type)
    {
        var ids = new List<uint>();
        foreach (var field in type.GetFields(Declared))
        {
            // The field behind a property carries no attribute of its own
            MemberInfo member = field.Name.StartsWith('<') ? type.GetProperty(field.Name[1..field.Name.IndexOf('>')], Declared)! : field;
            var id = Argument(member, "IdAttribute");
            id.ShouldNotBeNull($"{type.Name}.{member.Name} has no [Id]");
            ids.Add((uint)id);
        }

        ids.Order().ShouldBe(Enumerable.Range(0, ids.Count).Select(static id => (uint)id));
    }

    // The attributes are Orleans' own or internal stand-ins: known by name only. Without an argument the answer is the attribute's name.
    private static object? Argument(MemberInfo member, string attribute)
    {
        var found = member.CustomAttributes.SingleOrDefault(data => data.AttributeType.FullName == "Orleans." + attribute);
        return found is null ? null : found.ConstructorArguments is [var argument] ? argument.Value : attribute;
    }
}
