using System.Globalization;
using Sora.Sieve.Actions;
using Sora.Sieve.Runtime;
using Sora.Sieve.Tests;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>envelope-dsn (RFC 6009 section 4): the DSN parameters of the envelope (RFC 3461).</summary>
internal sealed class EnvelopeDsnExtension : SieveExtension
{
    public override string Capability => "envelope-dsn";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.EnvelopePart(new EnvelopePartDefinition("notify", IsAddress: false, static (_, envelope) => Notify(envelope.Notify)));
        vocabulary.EnvelopePart(new EnvelopePartDefinition("orcpt", IsAddress: false, static (_, envelope) => One(envelope.OriginalRecipient)));
        vocabulary.EnvelopePart(new EnvelopePartDefinition("ret", IsAddress: false, static (_, envelope) => One(envelope.Ret)));
        vocabulary.EnvelopePart(new EnvelopePartDefinition("envid", IsAddress: false, static (_, envelope) => One(envelope.EnvelopeId)));
    }

    private static string[] One(string? value) => value is null ? [] : [value];

    // Each condition is a value of its own
    private static string[] Notify(string? value) => value?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
}

/// <summary>envelope-deliverby (RFC 6009 section 5): the BY parameter of the envelope (RFC 2852).</summary>
internal sealed class EnvelopeDeliverByExtension : SieveExtension
{
    public override string Capability => "envelope-deliverby";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.EnvelopePart(new EnvelopePartDefinition(
            "bytimeabsolute",
            IsAddress: false,
            static (run, envelope) => envelope.ByTime is { } time
                ? [DatePart.Get("iso8601", DateExtension.Shift(run, time, run.State<EnvelopeZone>().Zone))!]
                : []));
        vocabulary.Tag(new TagDefinition { Name = "zone", Calls = ["envelope"], Kind = ArgumentKind.String });
        vocabulary.EnvelopePart(new EnvelopePartDefinition(
            "bytimerelative",
            IsAddress: false,
            static (run, envelope) => envelope.ByTime is { } time
                ? [((long)(time - run.Input.Time).TotalSeconds).ToString(CultureInfo.InvariantCulture)]
                : []));
        vocabulary.EnvelopePart(new EnvelopePartDefinition(
            "bymode", IsAddress: false, static (_, envelope) => envelope.ByTime is null ? [] : [envelope.ByMode is 'N' ? "notify" : "return"]));
        vocabulary.EnvelopePart(new EnvelopePartDefinition(
            "bytrace", IsAddress: false, static (_, envelope) => envelope.ByTime is null ? [] : [envelope.ByTrace ? "trace" : ""]));
    }
}

/// <summary>redirect-dsn (RFC 6009 section 6): DSN parameters of what is redirected.</summary>
internal sealed class RedirectDsnExtension : SieveExtension
{
    private static readonly string[] Conditions = ["SUCCESS", "FAILURE", "DELAY"];

    public override string Capability => "redirect-dsn";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Tag(new TagDefinition
        {
            Name = "notify",
            Calls = ["redirect"],
            Kind = ArgumentKind.String,
            Modifier = static tag => Checked(tag, IsNotify, "no NOTIFY value such as \"FAILURE,DELAY\"", static (arguments, text) => arguments.Notify = text),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "ret",
            Calls = ["redirect"],
            Kind = ArgumentKind.String,
            Modifier = static tag => Checked(tag, static text => text is "FULL" or "HDRS", "neither \"FULL\" nor \"HDRS\"", static (arguments, text) => arguments.Ret = text),
        });
    }

    /// <summary>A modifier with a string that is checked when it is known; it comes in capitals.</summary>
    public static SimpleModifier? Checked(TagBinding tag, Predicate<string> isValid, string problem, Action<ActionArguments, string> apply)
    {
        var value = tag.String!;
        if (value.Constant is { } constant && !isValid(constant.ToUpperInvariant()))
        {
            tag.Error($"{SieveText.Show(constant)} is {problem}");
            return null;
        }

        return new SimpleModifier((run, arguments) =>
        {
            var text = value.Get(run).ToUpperInvariant();
            apply(arguments, isValid(text) ? text : throw new SieveRuntimeException($"redirect: {SieveText.Show(text)} is {problem}"));
        });
    }

    // NOTIFY = "NEVER" / notify-list-element *( "," notify-list-element ) (RFC 3461 section 4.1)
    private static bool IsNotify(string text) =>
        text == "NEVER" || (text.Length > 0 && Array.TrueForAll(text.Split(','), static condition => Conditions.Contains(condition)));
}

/// <summary>redirect-deliverby (RFC 6009 section 7): the BY parameter of what is redirected.</summary>
internal sealed class RedirectDeliverByExtension : SieveExtension
{
    private const string Group = "bytime";

    // by-time has nine digits at most (RFC 2852 section 4)
    private const long MaxSeconds = 999_999_999;

    public override string Capability => "redirect-deliverby";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Tag(new TagDefinition
        {
            Name = "bytimerelative",
            Calls = ["redirect"],
            Kind = ArgumentKind.Number,
            Group = Group,
            Modifier = static tag => new SimpleModifier((_, arguments) => arguments.BySeconds = Math.Min(tag.Number, MaxSeconds)),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "bytimeabsolute",
            Calls = ["redirect"],
            Kind = ArgumentKind.String,
            Group = Group,
            Modifier = static tag => Absolute(tag),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "bymode",
            Calls = ["redirect"],
            Kind = ArgumentKind.String,
            Modifier = static tag => WithTime(
                tag,
                RedirectDsnExtension.Checked(
                    tag, static text => text is "NOTIFY" or "RETURN", "neither \"notify\" nor \"return\"", static (arguments, text) => arguments.ByMode = text[0])),
        });
        vocabulary.Tag(new TagDefinition
        {
            Name = "bytrace",
            Calls = ["redirect"],
            Modifier = static tag => WithTime(tag, new SimpleModifier(static (_, arguments) => arguments.ByTrace = true)),
        });
    }

    private static SimpleModifier? Absolute(TagBinding tag)
    {
        var value = tag.String!;
        if (value.Constant is { } constant && Parse(constant) is null)
        {
            tag.Error($"{SieveText.Show(constant)} is no time such as \"2026-11-28T12:00:00Z\"");
            return null;
        }

        return new SimpleModifier((run, arguments) =>
        {
            var text = value.Get(run);
            var time = Parse(text) ?? throw new SieveRuntimeException($"redirect: {SieveText.Show(text)} is no time such as \"2026-11-28T12:00:00Z\"");
            arguments.BySeconds = Math.Clamp((long)(time - run.Input.Time).TotalSeconds, -MaxSeconds, MaxSeconds);
        });
    }

    // date-time of RFC 3339
    private static DateTimeOffset? Parse(string text) =>
        DateTimeOffset.TryParseExact(
            text.ToUpperInvariant(), ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time
            : null;

    private static SimpleModifier? WithTime(TagBinding tag, SimpleModifier? modifier)
    {
        if (!tag.Call.Has("bytimerelative") && !tag.Call.Has("bytimeabsolute"))
            tag.Call.Context.Error(tag.Position, $"':{tag.Definition.Name}' only stands with ':bytimerelative' or ':bytimeabsolute'");
        return modifier;
    }
}
