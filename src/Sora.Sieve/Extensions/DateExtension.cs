using System.Globalization;
using Sora.Mime;
using Sora.Sieve.Matching;
using Sora.Sieve.Messages;
using Sora.Sieve.Runtime;
using Sora.Sieve.Syntax;
using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>date (RFC 5260 sections 4 and 5).</summary>
internal sealed class DateExtension : SieveExtension
{
    public override string Capability => "date";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Test(new CallDefinition
        {
            Name = "date",
            IsTest = true,
            IsMatching = true,
            Arguments = [("header name", ArgumentKind.String), ("date part", ArgumentKind.String), ("keys", ArgumentKind.StringList)],
            Build = static call => TryZone(call, out var zone) && TryPart(call, 1, out var part) && call.Match(2) is { } match
                ? new DateTest(call.Position, call.HeaderQuery(0), zone, call.Has("originalzone"), part, match)
                : null,
        });
        vocabulary.Test(new CallDefinition
        {
            Name = "currentdate",
            IsTest = true,
            IsMatching = true,
            Arguments = [("date part", ArgumentKind.String), ("keys", ArgumentKind.StringList)],
            Build = static call => TryZone(call, out var zone) && TryPart(call, 0, out var part) && call.Match(1) is { } match
                ? new CurrentDateTest(call.Position, zone, part, match)
                : null,
        });
        vocabulary.Tag(new TagDefinition { Name = "zone", Calls = ["date", "currentdate"], Kind = ArgumentKind.String, Group = "zone" });
        vocabulary.Tag(new TagDefinition { Name = "originalzone", Calls = ["date"], Group = "zone" });
    }

    internal static bool TryZone(CallBinding call, out SieveString? zone)
    {
        zone = call.Tag("zone")?.String;
        if (zone?.Constant is not { } constant || TryParseZone(constant, out _))
            return true;
        call.Tag("zone")!.Error($"{SieveText.Show(constant)} is no time zone such as \"+0100\"");
        return false;
    }

    private static bool TryPart(CallBinding call, int index, out SieveString part)
    {
        part = call.String(index);
        if (part.Constant is not { } constant || DatePart.Get(constant, DateTimeOffset.UnixEpoch) is not null)
            return true;
        call.Context.Error(call.ArgumentPosition(index), $"There is no date part {SieveText.Show(constant)}{call.Context.Hint(constant, DatePart.Names, static meant => $"\"{meant}\"")}");
        return false;
    }

    // time-zone = ( "+" / "-" ) 4DIGIT
    private static bool TryParseZone(string text, out TimeSpan offset)
    {
        offset = default;
        if (text.Length != 5 || text[0] is not ('+' or '-') || text.AsSpan(1).IndexOfAnyExceptInRange('0', '9') >= 0)
            return false;
        var number = int.Parse(text.AsSpan(1), CultureInfo.InvariantCulture);
        offset = new TimeSpan(number / 100, number % 100, 0);
        if (text[0] == '-')
            offset = -offset;

        // What .NET can calculate with; the zones of the earth are within
        return number % 100 < 60 && offset.Duration() <= TimeSpan.FromHours(14);
    }

    internal static DateTimeOffset Shift(SieveRun run, DateTimeOffset time, SieveString? zone)
    {
        TimeSpan offset;
        if (zone is null)
            offset = run.Host.TimeZone.GetUtcOffset(time);
        else if (!TryParseZone(zone.Get(run), out offset))
            throw new SieveRuntimeException($"{SieveText.Show(zone.Get(run))} is no time zone such as \"+0100\"");

        // At the ends of the calendar a shift leads out of it
        var ticks = time.UtcTicks + offset.Ticks;
        return ticks < DateTime.MinValue.Ticks || ticks > DateTime.MaxValue.Ticks ? time : time.ToOffset(offset);
    }

    private static string Part(SieveRun run, SieveString part, DateTimeOffset time) =>
        DatePart.Get(part.Get(run), time) ?? throw new SieveRuntimeException($"There is no date part {SieveText.Show(part.Get(run))}");

    private sealed class DateTest(
        SourcePosition position, HeaderQuery query, SieveString? zone, bool isOriginalZone, SieveString part, MatchArguments match) : TestNode(position)
    {
        public override string Name => "date";

        protected override async ValueTask<bool> RunAsync(SieveRun run)
        {
            var matcher = match.For(run);
            var found = await query.FindAsync(run);
            var time = found.Count == 0 ? null : Parse(found[0].RawValue);
            if (matcher.CountsValues)
                return matcher.MatchCount(run, time is null ? 0 : 1);
            if (time is not { } known)
                return false;
            var shifted = isOriginalZone ? known : Shift(run, known, zone);
            return await matcher.MatchAsync(run, new SieveValue(Part(run, part, shifted)));
        }

        // The whole value, or what stands behind the last semicolon
        private static DateTimeOffset? Parse(ReadOnlySpan<byte> value)
        {
            var semicolon = value.LastIndexOf((byte)';');
            return DateParser.Parse(value[(semicolon + 1)..]);
        }
    }

    private sealed class CurrentDateTest(SourcePosition position, SieveString? zone, SieveString part, MatchArguments match) : TestNode(position)
    {
        public override string Name => "currentdate";

        protected override ValueTask<bool> RunAsync(SieveRun run)
        {
            var matcher = match.For(run);
            if (matcher.CountsValues)
                return new(matcher.MatchCount(run, 1));
            return matcher.MatchAsync(run, new SieveValue(Part(run, part, Shift(run, run.Input.Time, zone))));
        }
    }
}
