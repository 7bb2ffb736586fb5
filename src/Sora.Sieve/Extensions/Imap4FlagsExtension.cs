using System.Collections.Immutable;
using Sora.Sieve.Actions;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>imap4flags (RFC 5232).</summary>
internal sealed class Imap4FlagsExtension : SieveExtension
{
    public override string Capability => "imap4flags";

    public override void Register(Vocabulary vocabulary)
    {
        foreach (var name in (string[])["setflag", "addflag", "removeflag"])
        {
            vocabulary.Command(new CallDefinition
            {
                Name = name,
                Arguments = [("variable name", ArgumentKind.String), ("flags", ArgumentKind.StringList)],
                IsFirstOptional = true,
                Build = BuildChange,
            });
        }

        vocabulary.Test(new CallDefinition
        {
            Name = "hasflag",
            IsTest = true,
            IsMatching = true,
            Arguments = [("variable names", ArgumentKind.StringList), ("flags", ArgumentKind.StringList)],
            IsFirstOptional = true,
            Build = BuildHasFlag,
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "flags",
            Calls = ["keep", "fileinto"],
            Kind = ArgumentKind.StringList,
            Modifier = FlagsModifier,
        });
    }

    /// <summary>Sets the flags of an action to those of a tag.</summary>
    public static SimpleModifier FlagsModifier(TagBinding tag)
    {
        var flags = tag.Strings!;
        return new SimpleModifier((run, arguments) => arguments.Flags = FlagList.Parse(flags.Get(run)));
    }

    private static ChangeFlagsCommand? BuildChange(CallBinding call) =>
        TryTarget(call, out var targets) ? new ChangeFlagsCommand(call.Position, call.Definition.Name, targets.SingleOrDefault(), call.Strings(1)) : null;

    private static HasFlagTest? BuildHasFlag(CallBinding call)
    {
        if (!TryTarget(call, out var targets))
            return null;

        // Each key is a set of flags itself: "b A" is the same as ["b", "A"]
        Func<string[], string[]>? split = call.MatchesCount ? null : static keys => [.. keys.SelectMany(FlagList.Split)];
        return call.Context.Match(call, 1, captures: true, split) is { } match
            ? new HasFlagTest(call.Position, targets, match)
            : null;
    }

    // No names for the internal variable
    private static bool TryTarget(CallBinding call, out ImmutableArray<VariableTarget> targets)
    {
        targets = [];
        if (call.IsFirstLeftOut)
            return true;
        if (!call.Context.IsEnabled("variables"))
        {
            call.Context.Error(call.ArgumentPosition(0), "Flags in a variable need 'require \"variables\";' at the beginning");
            return false;
        }

        var names = call.Strings(0);
        var found = ImmutableArray.CreateBuilder<VariableTarget>();
        for (var i = 0; i < names.Count; i++)
        {
            if (VariableTarget.Compile(call.Context, names[i], call.ArgumentPosition(0)) is not { } target)
                return false;
            found.Add(target);
        }

        targets = found.ToImmutable();
        return true;
    }

    private sealed class ChangeFlagsCommand(SourcePosition position, string name, VariableTarget? target, SieveStrings flags) : CommandNode(position)
    {
        public override ValueTask<Flow> ExecuteAsync(SieveRun run)
        {
            var given = FlagList.Parse(flags.Get(run));
            var old = target is null ? run.Flags ?? [] : FlagList.Parse([target.Get(run)]);
            var result = name switch
            {
                "setflag" => given,
                "addflag" => FlagList.Union(old, given),
                _ => old.RemoveRange(given, StringComparer.OrdinalIgnoreCase),
            };
            run.Spend(0, 1 + (given.Length * (old.Length + 1) / 16));
            if (target is null)
                run.Flags = result;
            else
                target.Set(run, string.Join(' ', result));
            if (run.IsTraced)
                run.Trace(Position, $"{name}: {string.Join(' ', result)}");
            return new(Flow.Next);
        }
    }

    private sealed class HasFlagTest(SourcePosition position, ImmutableArray<VariableTarget> targets, MatchArguments match) : TestNode(position)
    {
        public override string Name => "hasflag";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var matcher = match.For(run);
            var count = 0;
            if (targets.IsEmpty)
                return await MatchAsync(run.Flags ?? []) || (matcher.CountsValues && matcher.MatchCount(run, count));
            foreach (var target in targets)
                if (await MatchAsync(FlagList.Parse([target.Get(run)])))
                    return true;
            return matcher.CountsValues && matcher.MatchCount(run, count);

            async ValueTask<bool> MatchAsync(ImmutableArray<string> flags)
            {
                count += flags.Length;
                foreach (var flag in flags)
                    if (!matcher.CountsValues && await matcher.MatchAsync(run, new SieveValue(flag)))
                        return true;
                return false;
            }
        }
    }
}
