using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sora.Sieve.Actions;
using Sora.Sieve.Commands;
using Sora.Sieve.Runtime;
using Sora.Sieve.Validation;

namespace Sora.Sieve.Extensions;

/// <summary>vacation (RFC 5230).</summary>
internal sealed class VacationExtension : SieveExtension
{
    private static readonly string[] Calls = ["vacation"];

    // What a TimeSpan can hold, and longer than anybody is away
    private const long MaxDays = 36_500;

    public override string Capability => "vacation";

    public override void Register(Vocabulary vocabulary)
    {
        vocabulary.Command(new CallDefinition
        {
            Name = "vacation",
            Arguments = [("reason", ArgumentKind.String)],
            Build = Build,
        });
        vocabulary.Tag(new TagDefinition { Name = "days", Calls = Calls, Kind = ArgumentKind.Number, Group = "interval" });
        vocabulary.Tag(new TagDefinition { Name = "subject", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "from", Calls = Calls, Kind = ArgumentKind.String });
        vocabulary.Tag(new TagDefinition { Name = "addresses", Calls = Calls, Kind = ArgumentKind.StringList });
        vocabulary.Tag(new TagDefinition { Name = "mime", Calls = Calls });
        vocabulary.Tag(new TagDefinition { Name = "handle", Calls = Calls, Kind = ArgumentKind.String });
    }

    private static VacationCommand? Build(CallBinding call)
    {
        var reason = call.String(0);
        if (call.Tag("from") is { String.Constant: { } from } tag && !SieveAddress.IsMailboxList(from))
        {
            tag.Error($"{SieveText.Show(from)} is no address");
            return null;
        }

        if (call.Has("mime") && reason.Constant is { } entity && !Ascii.IsValid(HeaderOf(entity)))
        {
            call.Context.Error(call.ArgumentPosition(0), "The header of a MIME entity is ASCII (RFC 5230 section 5)");
            return null;
        }

        TimeSpan? interval = null;
        if (call.Tag("days") is { } days)
            interval = TimeSpan.FromDays(Math.Clamp(days.Number, 1, MaxDays));
        else if (call.Tag("seconds") is { } seconds)
            interval = TimeSpan.FromSeconds(Math.Min(seconds.Number, MaxDays * 86_400));
        return new VacationCommand(call.Position, reason)
        {
            Interval = interval,
            Subject = call.Tag("subject")?.String,
            From = call.Tag("from")?.String,
            Addresses = call.Tag("addresses")?.Strings ?? SieveStrings.None,
            IsMime = call.Has("mime"),
            Handle = call.Tag("handle")?.String,
            OwnHandle = HandleOf(call),
            Modifiers = call.Modifiers(),
        };
    }

    private static ReadOnlySpan<char> HeaderOf(string entity)
    {
        var end = entity.IndexOf("\r\n\r\n", StringComparison.Ordinal);
        return end < 0 ? entity : entity.AsSpan(0, end);
    }

    // RFC 5230 section 4.2: the same answer is one with the same subject, from, mime and reason, before variables are put in; counted, so that no value can be taken
    // for another argument's
    private static string HandleOf(CallBinding call)
    {
        var text = new StringBuilder();
        Append("subject", call.Tag("subject")?.Text);
        Append("from", call.Tag("from")?.Text);
        Append("mime", call.Has("mime") ? "" : null);
        Append("reason", call.Text(0));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));

        void Append(string name, string? value)
        {
            if (value is not null)
                text.Append(CultureInfo.InvariantCulture, $"{name}:{value.Length}:{value};");
        }
    }
}

/// <summary>vacation-seconds (RFC 6131).</summary>
internal sealed class VacationSecondsExtension : SieveExtension
{
    public override string Capability => "vacation-seconds";

    public override string[] Implies => ["vacation"];

    public override void Register(Vocabulary vocabulary) =>
        vocabulary.Tag(new TagDefinition { Name = "seconds", Calls = ["vacation"], Kind = ArgumentKind.Number, Group = "interval" });
}
