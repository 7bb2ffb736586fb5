using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sora.Mime;
using Sora.Sieve;

namespace Sora.Gateway.Sieve;

/// <summary>Reads the results of spam and virus checks out of the fields in which the operator's filters write them (RFC 5235).</summary>
internal sealed class CheckFields(SieveDeliveryOptions options)
{
    // More of a field is not looked at
    private const int MaxValue = 4096;

    // Between "no virus" and "a virus": 3 of 5
    private static readonly SieveCheck Suspicious = new(0.5);

    private readonly byte[]? _spam = NameOf(options.SpamHeader);
    private readonly Regex _score = SieveDeliveryOptions.Pattern(options.SpamPattern);
    private readonly byte[]? _virus = NameOf(options.VirusHeader);
    private readonly Regex _clean = SieveDeliveryOptions.Pattern(options.VirusClean);
    private readonly Regex _found = SieveDeliveryOptions.Pattern(options.VirusFound);

    /// <summary>The result, or null when the message has none.</summary>
    public SieveCheck? Get(SieveCheckKind kind, SieveMessage message)
    {
        var name = kind == SieveCheckKind.Spam ? _spam : _virus;
        if (name is null || !HeaderFields.TryFind(message.Header.Span, name, out var field))
            return null;
        var unfolded = field.Unfold();
        var value = Encoding.UTF8.GetString(unfolded.AsSpan(0, Math.Min(unfolded.Length, MaxValue))).Trim();
        if (kind == SieveCheckKind.Virus)
            return _clean.IsMatch(value) ? new SieveCheck(0) : _found.IsMatch(value) ? new SieveCheck(1) : Suspicious;
        return _score.Match(value) is { Success: true, Groups: [_, var group, ..] } ? new SieveCheck(Math.Clamp(Score(group.Value) / options.SpamMax, 0, 1)) : null;
    }

    private static double Score(string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : text.Length;

    private static byte[]? NameOf(string? field) => string.IsNullOrEmpty(field) ? null : Encoding.ASCII.GetBytes(field);
}
