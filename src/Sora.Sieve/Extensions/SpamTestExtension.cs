using System.Globalization;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>spamtest and spamtestplus (RFC 5235 section 3.2), each with a capability of its own; what was found is the host's to say.</summary>
internal sealed class SpamTestExtension(bool isPlus) : SieveExtension
{
    public override string Capability => isPlus ? "spamtestplus" : "spamtest";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "spamtest",
            IsTest = true,
            IsMatching = true,
            Arguments = [("value", ArgumentKind.String)],
            Build = static call => call.Match(0) is { } match
                ? new CheckTest(call.Position, call.Definition.Name, SieveCheckKind.Spam, call.Has("percent") ? Percent : OneToTen, match)
                : null,
        });
        if (isPlus)
            vocabulary.Tag(new TagDefinition { Name = "percent", Calls = ["spamtest"] });
    }

    // 0 without a check, 1 for clean, 10 for spam
    private static int OneToTen(double? score) => score is { } known ? 1 + CheckTest.StepOf(known, 9) : 0;

    // 0 without a check and for clean, 100 for spam
    private static int Percent(double? score) => CheckTest.StepOf(score ?? 0, 100);
}

/// <summary>virustest (RFC 5235 section 3.3).</summary>
internal sealed class VirusTestExtension : SieveExtension
{
    public override string Capability => "virustest";

    public override void Register(Vocabulary vocabulary) => vocabulary.Test(new CallDefinition
    {
        Name = "virustest",
        IsTest = true,
        IsMatching = true,
        Arguments = [("value", ArgumentKind.String)],
        Build = static call => call.Match(0) is { } match
            ? new CheckTest(call.Position, call.Definition.Name, SieveCheckKind.Virus, static score => score is { } known ? 1 + CheckTest.StepOf(known, 4) : 0, match)
            : null,
    });
}

/// <summary>The check's result as a number matches; there is no value to be counted where nothing was checked.</summary>
internal sealed class CheckTest(SourcePosition position, string name, SieveCheckKind kind, Func<double?, int> scale, MatchArguments match) : TestNode(position)
{
    // More than the errors of a division, less than any score that filters write
    private const double Tolerance = 1e-9;

    public override string Name => name;

    /// <summary>The last of so many steps that a score has reached: the greatest value is for what is certain, not for what is nearly so.</summary>
    public static int StepOf(double score, int steps) => (int)Math.Floor((Math.Clamp(score, 0, 1) * steps) + Tolerance);

    protected override ValueTask<bool> RunAsync(SieveRun run)
    {
        var matcher = match.For(run);
        var check = run.Host.GetCheck(kind, run.Input.Message);
        if (matcher.CountsValues)
            return new(matcher.MatchCount(run, check is null ? 0 : 1));
        return matcher.MatchAsync(run, new SieveValue(scale(check?.Score).ToString(CultureInfo.InvariantCulture)));
    }
}
