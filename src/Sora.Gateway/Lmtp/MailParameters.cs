using System.Buffers.Text;

namespace Sora.Gateway.Lmtp;

/// <summary>What a client asked for with MAIL besides size and body: it is for scripts to see.</summary>
/// <param name="Auth">AUTH (RFC 4954 section 5), its xtext decoded; empty for <c>&lt;&gt;</c>.</param>
/// <param name="Return">RET (RFC 3461 section 4.3): FULL or HDRS.</param>
/// <param name="EnvelopeId">ENVID (RFC 3461 section 4.4), its xtext decoded.</param>
/// <param name="DeliverBy">BY (RFC 2852 section 4).</param>
internal sealed record MailParameters(string? Auth, string? Return, string? EnvelopeId, DeliverBy? DeliverBy);

/// <summary>BY of MAIL (RFC 2852 section 4).</summary>
/// <param name="Time">When the message is to be delivered.</param>
/// <param name="Mode">N or R.</param>
/// <param name="IsTraced">The trace flag.</param>
internal sealed record DeliverBy(DateTimeOffset Time, char Mode, bool IsTraced)
{
    // by-time = ["-" / "+"] 1*9digit
    private const int MaxDigits = 9;

    /// <summary>by-value = by-time ";" by-mode [by-trace]; null when it is none.</summary>
    public static DeliverBy? Parse(ReadOnlySpan<byte> value, DateTimeOffset now)
    {
        var semicolon = value.IndexOf((byte)';');
        if (semicolon < 1)
            return null;
        var digits = value[..semicolon];
        var end = value[(semicolon + 1)..];
        if (digits[0] is (byte)'-' or (byte)'+')
            digits = digits[1..];
        if (digits.Length is 0 or > MaxDigits || !Utf8Parser.TryParse(digits, out int seconds, out var used) || used != digits.Length)
            return null;
        var mode = end.IsEmpty ? ' ' : char.ToUpperInvariant((char)end[0]);
        var isTraced = end.Length == 2 && (end[1] | 0x20) == 't';
        if (mode is not ('N' or 'R') || end.Length > (isTraced ? 2 : 1))
            return null;

        // A message cannot be returned because of a time that has passed already (RFC 2852 section 4)
        if (mode == 'R' && (value[0] == '-' || seconds == 0))
            return null;
        return new DeliverBy(now.AddSeconds(value[0] == '-' ? -seconds : seconds), mode, isTraced);
    }
}
