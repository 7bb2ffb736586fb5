using Sora.Sieve.Commands;
using Sora.Sieve.Matching;
using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>What needs no capability (RFC 5228). if, elsif, else and require belong to <see cref="BlockCompiler"/>.</summary>
internal sealed class BaseLanguage : SieveExtension
{
    public override string Capability => "";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.MatchType(new MatchTypeDefinition("is", ArgumentKind.None, static _ => new IsMatchType()));
        vocabulary.MatchType(new MatchTypeDefinition("contains", ArgumentKind.None, static _ => new ContainsMatchType()));
        vocabulary.MatchType(new MatchTypeDefinition("matches", ArgumentKind.None, static _ => new MatchesMatchType()));
        vocabulary.AddressPart(new AddressPartDefinition("all", AddressPart.All));
        vocabulary.AddressPart(new AddressPartDefinition("localpart", AddressPart.LocalPart));
        vocabulary.AddressPart(new AddressPartDefinition("domain", AddressPart.Domain));
        AddCommands(vocabulary);
        AddTests(vocabulary);
    }

    private static void AddCommands(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition { Name = "stop", Build = static call => new StopCommand(call.Position) });
        vocabulary.Command(new CallDefinition { Name = "keep", Build = static call => new KeepCommand(call.Position, call.Modifiers()) });
        vocabulary.Command(new CallDefinition { Name = "discard", Build = static call => new DiscardCommand(call.Position) });
        vocabulary.Command(new CallDefinition
        {
            Name = "redirect",
            Arguments = [("address", ArgumentKind.String)],
            Build = BuildRedirect,
        });
    }

    private static RedirectCommand? BuildRedirect(CallBinding call)
    {
        var address = call.String(0);
        if (call.Has("list"))
        {
            if (address.Constant is { } list && ExtListsExtension.Check(list) is { } problem)
            {
                call.Context.Error(call.ArgumentPosition(0), problem);
                return null;
            }
        }
        else if (address.Constant is { } constant && !SieveAddress.TryParse(constant, out _))
        {
            call.Context.Error(call.ArgumentPosition(0), $"{SieveText.Show(constant)} is no address that mail can be sent to");
            return null;
        }

        return new RedirectCommand(call.Position, address, call.Modifiers());
    }

    private static void AddTests(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition { Name = "true", IsTest = true, Build = static call => new ConstantTest(call.Position, true) });
        vocabulary.Test(new CallDefinition { Name = "false", IsTest = true, Build = static call => new ConstantTest(call.Position, false) });
        vocabulary.Test(new CallDefinition
        {
            Name = "not",
            IsTest = true,
            Tests = TestArguments.One,
            Build = static call => new NotTest(call.Position, call.Tests[0]),
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "allof",
            IsTest = true,
            Tests = TestArguments.List,
            Build = static call => new AllOfTest(call.Position, call.Tests),
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "anyof",
            IsTest = true,
            Tests = TestArguments.List,
            Build = static call => new AnyOfTest(call.Position, call.Tests),
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "exists",
            IsTest = true,
            Arguments = [("header names", ArgumentKind.StringList)],
            Build = static call => new ExistsTest(call.Position, call.HeaderQuery(0)),
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "header",
            IsTest = true,
            IsMatching = true,
            Arguments = [("header names", ArgumentKind.StringList), ("keys", ArgumentKind.StringList)],
            Build = static call => call.Match(1) is { } match ? new HeaderTest(call.Position, call.HeaderQuery(0), match) : null,
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "address",
            IsTest = true,
            IsMatching = true,
            HasAddressPart = true,
            Arguments = [("header names", ArgumentKind.StringList), ("keys", ArgumentKind.StringList)],
            Build = AddressTest.Build,
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "size",
            IsTest = true,
            Arguments = [("limit", ArgumentKind.Number)],
            Build = SizeTest.Build,
        });
        vocabulary.Tag(new TagDefinition { Name = "over", Calls = ["size"], Group = "size" });
        vocabulary.Tag(new TagDefinition { Name = "under", Calls = ["size"], Group = "size" });
    }
}
