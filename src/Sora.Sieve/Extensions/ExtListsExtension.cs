using Sora.Contracts;
using Sora.Sieve.Actions;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;
using MatchType = Sora.Sieve.Matching.MatchType;

namespace Sora.Sieve.Extensions;

/// <summary>extlists (RFC 6134): lists that are kept outside of scripts; the host knows them.</summary>
internal sealed class ExtListsExtension : SieveExtension
{
    public override string Capability => "extlists";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.MatchType(new MatchTypeDefinition("list", ArgumentKind.None, static _ => new ListMatchType())
        {
            Tests = ["address", "envelope", "header", "string", "date", "currentdate"],
            ExcludesComparator = true,
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "list",
            Calls = ["redirect"],
            Modifier = static _ => new SimpleModifier(static (_, arguments) => arguments.IsList = true),
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "valid_ext_list",
            IsTest = true,
            Arguments = [("list names", ArgumentKind.StringList)],
            Build = static call => new ValidListTest(call.Position, call.Strings(0)),
        });
    }

    /// <summary>Why a string names no list, or null.</summary>
    public static string? Check(string name) =>
        SieveListName.TryNormalize(name, out _) ? null : $"{SieveText.Show(name)} is no name of a list, which is a URI such as \"tag:example.com,2026:friends\" or \":addrbook:default\"";

    /// <summary>The list of that name as the host knows it.</summary>
    public static string Normalize(string name) => SieveListName.TryNormalize(name, out var normal) ? normal : throw new SieveRuntimeException(Check(name)!);

    private sealed class ListMatchType : MatchType
    {
        public override string? Check(string key, CompilationContext context) => ExtListsExtension.Check(key);

        public override Matcher Create(Comparator comparator, string[] keys, bool captures) => new ListMatcher(Array.ConvertAll(keys, Normalize), captures);
    }

    // Comparators mean nothing to a list: it knows itself what is the same (RFC 6134 section 2.2)
    private sealed class ListMatcher(string[] lists, bool captures) : Matcher
    {
        public override async ValueTask<bool> MatchAsync(SieveRun run, SieveValue value)
        {
            foreach (var list in lists)
            {
                run.Spend(value.Text.Length, 1);
                run.Ask();
                var isMember = await run.Host.IsInListAsync(list, value.Text, run.CancellationToken)
                    ?? throw new SieveRuntimeException($"The list {SieveText.Show(list)} cannot be asked");
                if (!isMember)
                    continue;
                if (captures)
                    run.Scope.MatchValues = [await run.Host.GetListValueAsync(list, value.Text, run.CancellationToken)];
                return true;
            }

            return false;
        }
    }

    private sealed class ValidListTest(SourcePosition position, SieveStrings lists) : TestNode(position)
    {
        public override string Name => "valid_ext_list";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            foreach (var list in lists.Get(run))
            {
                run.Spend(0, 1);
                if (!SieveListName.TryNormalize(list, out var name) || !await run.Host.IsListValidAsync(name, run.CancellationToken))
                    return false;
            }

            return true;
        }
    }
}
