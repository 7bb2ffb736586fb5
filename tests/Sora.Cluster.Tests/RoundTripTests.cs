using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime;
using Orleans.Serialization;
using Sora.Contracts;
using Sora.Grains.Mailboxes;
using Sora.Mailstore.Bodies.Transfer;

namespace Sora.Cluster.Tests;

/// <summary>Every type that travels goes through Orleans' serializer and comes back as it was: each member has a value that it would not have by itself.</summary>
public sealed class RoundTripTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public static TheoryData<Type> Types() => new(ContractTypes.All.Where(static type => !type.IsGenericTypeDefinition && !type.Name.EndsWith("Surrogate", StringComparison.Ordinal)));

    [Theory]
    [MemberData(nameof(Types))]
    public void A_contract_comes_back_as_it_was(Type type)
    {
        var value = Samples.Make(type);
        var serializer = _services.GetRequiredService<Serializer>();
        var back = serializer.Deserialize<object>(serializer.SerializeToArray<object>(value));
        back.ShouldBeOfType(type);
        Samples.ShouldBeSame(back, value, type.Name);
    }

    [Fact]
    public void A_message_comes_back_with_what_a_commit_needs_of_it()
    {
        var message = TestMessage.Append(7, size: 100, FlagSet.Of(SystemFlags.Flagged, "$Label")) with { EmailId = new ContentId(9) };
        var request = new AppendRequest(OperationId.New(), [message]);
        var back = RoundTrip(request);
        back.Operation.ShouldBe(request.Operation);
        Check(back.Messages.ShouldHaveSingleItem(), message);
        var replace = RoundTrip(new ReplaceRequest(OperationId.New(), UidSet.Of(5u), new MailboxId(3), [message]));
        (replace.Destination, replace.Replaced == UidSet.Of(5u)).ShouldBe((new MailboxId(3), true));
        Check(replace.Messages.ShouldHaveSingleItem(), message);
        var appends = RoundTrip(new MailboxAppends([new MailboxAppend(new MailboxId(4), request)]));
        appends.Appends.ShouldHaveSingleItem().Mailbox.ShouldBe(new MailboxId(4));
        Check(appends.Appends[0].Request.Messages[0], message);

        static void Check(AppendMessage actual, AppendMessage expected)
        {
            actual.EmailId.ShouldBe(expected.EmailId);
            actual.InternalDate.ShouldBe(expected.InternalDate);
            (actual.Flags.System, actual.Flags.Keywords.Single()).ShouldBe((SystemFlags.Flagged, "$Label"));
            actual.Prefix.ToArray().ShouldBe(expected.Prefix.ToArray());
            var (content, from) = (actual.Content.ShouldBeOfType<ArrivedMessage>(), (TestMessage)expected.Content);
            (content.Hash, content.Size, content.HeaderTruncated).ShouldBe((from.Hash, from.Size, false));
            content.Header.ToArray().ShouldBe(from.Header.ToArray());
            content.Envelope.ToArray().ShouldBe(from.Envelope.ToArray());
            content.Structure.ToArray().ShouldBe(from.Structure.ToArray());
            content.Body!.Value.ToArray().ShouldBe(from.Body!.Value.ToArray());
            content.Arriving.ShouldBeNull();
        }
    }

    [Fact]
    public void A_body_that_is_elsewhere_stays_there()
    {
        var staged = (TestMessage)TestMessage.Append(1).Content;
        var elsewhere = new ArrivedMessage(staged, null, 12);
        var back = RoundTrip(new AppendRequest(default, [new AppendMessage(elsewhere, default, FlagSet.Empty, default)])).Messages[0].Content.ShouldBeOfType<ArrivedMessage>();
        (back.Body is null, back.Arriving).ShouldBe((true, 12));
    }

    [Fact]
    public void Calls_within_a_node_copy_no_message()
    {
        var request = new AppendRequest(OperationId.New(), [TestMessage.Append(1)]);
        _services.GetRequiredService<DeepCopier>().Copy(request).ShouldBeSameAs(request);
    }

    public void Dispose() => _services.Dispose();

    private T RoundTrip<T>(T value)
    {
        var serializer = _services.GetRequiredService<Serializer>();
        return serializer.Deserialize<T>(serializer.SerializeToArray(value))!;
    }

    /// <summary>Makes values by what their types say, and compares them member by member.</summary>
    private static class Samples
    {
        public static object Make(Type type)
        {
            if (Nullable.GetUnderlyingType(type) is { } underlying)
                return Make(underlying);
            if (type.IsEnum)
                return Enum.GetValues(type).GetValue(Enum.GetValues(type).Length - 1)!;
            if (type == typeof(string))
                return "text";
            if (type == typeof(bool))
                return true;
            if (type == typeof(DateTimeOffset))
                return DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
            if (type == typeof(TimeSpan))
                return TimeSpan.FromSeconds(90);
            if (type == typeof(UidSet))
                return UidSet.Of([new UidRange(1, 3), new UidRange(9, 9)]);
            if (type == typeof(MailboxName))
                return MailboxName.Parse("Müll/été").Value;
            if (type == typeof(ReadOnlyMemory<byte>))
                return new ReadOnlyMemory<byte>([1, 2, 3]);
            if (type == typeof(SiloAddress))
                return SiloAddress.New(IPAddress.Loopback, 11111, 7);
            if (type == typeof(MailboxDelta))
                return new MailboxDelta { ModSeq = new ModSeq(7), UidNext = 9, Appended = [new AppendedMessage(8, 1, 2, 3, 4, new ContentId(5))] };
            if (type.IsPrimitive)
                return Convert.ChangeType(7, type, CultureInfo.InvariantCulture);
            if (type.IsArray)
                return ArrayOf(type.GetElementType()!);
            if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
            {
                return typeof(ImmutableArray).GetMethods().Single(static method => method.Name == "CreateRange" && method.GetParameters().Length == 1)
                    .MakeGenericMethod(type.GetGenericArguments()).Invoke(null, [ArrayOf(type.GetGenericArguments()[0])])!;
            }

            if (type.IsInterface && type.IsGenericType)
                return ArrayOf(type.GetGenericArguments()[0]);
            if (type.GetCustomAttribute<GenerateSerializerAttribute>() is null)
                throw new InvalidOperationException($"{type} travels and has no serializer");
            var value = RuntimeHelpers.GetUninitializedObject(type);
            foreach (var field in Fields(type))
                field.SetValue(value, Make(field.FieldType));
            return value;
        }

        public static void ShouldBeSame(object? actual, object? expected, string path)
        {
            if (expected is null || expected.GetType().IsPrimitive || expected is string or Enum or DateTimeOffset or TimeSpan or MailboxName or SiloAddress)
            {
                actual.ShouldBe(expected, path);
            }
            else if (expected is UidSet uids)
            {
                (actual is UidSet set && set == uids).ShouldBeTrue(path);
            }
            else if (expected is MailboxDelta record)
            {
                MailboxDeltaCodec.Encode((MailboxDelta)actual!).ShouldBe(MailboxDeltaCodec.Encode(record), path);
            }
            else if (expected is ReadOnlyMemory<byte> memory)
            {
                ((ReadOnlyMemory<byte>)actual!).ToArray().ShouldBe(memory.ToArray(), path);
            }
            else if (expected is IEnumerable list)
            {
                var (left, right) = (((IEnumerable)actual!).Cast<object>().ToList(), list.Cast<object>().ToList());
                left.Count.ShouldBe(right.Count, path);
                for (var i = 0; i < left.Count; i++)
                    ShouldBeSame(left[i], right[i], $"{path}[{i}]");
            }
            else
            {
                foreach (var field in Fields(expected.GetType()))
                    ShouldBeSame(field.GetValue(actual), field.GetValue(expected), $"{path}.{field.Name}");
            }
        }

        private static Array ArrayOf(Type element)
        {
            var array = Array.CreateInstance(element, 2);
            array.SetValue(Make(element), 0);
            array.SetValue(Make(element), 1);
            return array;
        }

        private static FieldInfo[] Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);
    }
}
