using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Relay;

/// <summary>
/// The Sender Rewriting Scheme: a redirect leaves with an address of this system as its reverse-path, which says where a bounce goes on to.
/// SRS0=hash=day=domain=local is the first forwarder's form, SRS1=hash=forwarder==rest that of every one after it.
/// </summary>
/// <param name="secrets">The first one signs, all of them are accepted, so that a secret can be replaced.</param>
/// <param name="domain">The domain of the addresses that are made.</param>
/// <param name="validity">How long a bounce may come back, up to 1023 days.</param>
/// <param name="time">The clock.</param>
public sealed class SenderRewriting(IReadOnlyList<string> secrets, string domain, TimeSpan validity, TimeProvider time) : ISenderRewriting
{
    private const string Base32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int HashLength = 8;
    private const int MaxLocalPart = 64; // RFC 5321 section 4.5.3.1.1

    // Two digits of 32 values: the days begin anew after 1024
    private const int Days = 1024;

    /// <summary>As the options say; null when senders are not rewritten.</summary>
    public static SenderRewriting? Of(RelaySrsOptions options, TimeProvider time) =>
        options.Domain is { } domain ? new SenderRewriting(options.Secrets, domain, options.Validity, time) : null;

    /// <summary>The address to send with; the sender itself when it is of this domain, empty, or too long to be rewritten.</summary>
    public string Encode(string sender)
    {
        var at = sender.LastIndexOf('@');
        if (at <= 0 || at == sender.Length - 1 || sender.AsSpan(at + 1).Equals(domain, StringComparison.OrdinalIgnoreCase))
            return sender;
        var local = sender[..at];

        // What is quoted would have to be quoted anew, and the brackets of an address literal too: too rare to be worth it
        if (local[0] == '"' || sender[at + 1] == '[')
            return sender;
        string signed, prefix;
        if (IsForm(local, "SRS0"))
        {
            (prefix, signed) = ("SRS1=", $"{sender[(at + 1)..]}={local[4..]}");
        }
        else if (IsForm(local, "SRS1") && local.IndexOf('=', 5) is > 0 and var end && Forwarder(local[(end + 1)..]) > 0)
        {
            // Only the last forwarder's hash changes: the first one is still where bounces go
            (prefix, signed) = ("SRS1=", local[(end + 1)..]);
        }
        else
        {
            (prefix, signed) = ("SRS0=", $"{Day(Today())}={sender[(at + 1)..]}={local}");
        }

        var rewritten = $"{prefix}{Hash(secrets[0], signed)}={signed}";
        return Encoding.UTF8.GetByteCount(rewritten) > MaxLocalPart ? sender : $"{rewritten}@{domain}";
    }

    /// <inheritdoc/>
    public string? Decode(string address)
    {
        var at = address.LastIndexOf('@');
        if (at <= 0 || !address.AsSpan(at + 1).Equals(domain, StringComparison.OrdinalIgnoreCase))
            return null;
        var local = address[..at];
        var isFirst = IsForm(local, "SRS0");
        if ((!isFirst && !IsForm(local, "SRS1")) || local.IndexOf('=', 5) is var end && end != 5 + HashLength)
            return null;
        var signed = local[(end + 1)..];
        if (!IsSigned(local[5..end], signed))
            return null;
        if (!isFirst)
        {
            var forwarder = Forwarder(signed);
            return forwarder > 0
                ? $"SRS0{signed[(forwarder + 1)..]}@{signed[..forwarder]}"
                : null;
        }

        return signed.Split('=', 3) is [var day, { Length: > 0 } host, { Length: > 0 } name] && IsRecent(day) ? $"{name}@{host}" : null;
    }

    // Where the first forwarder's name ends, before the "=" and the separator of its own form; 0 when this is no such text
    private static int Forwarder(string signed)
    {
        var end = signed.IndexOf('=', StringComparison.Ordinal);
        return end > 0 && end < signed.Length - 1 && IsSeparator(signed[end + 1]) ? end : 0;
    }

    private static bool IsForm(string local, string form) =>
        local.Length > 5 && local.StartsWith(form, StringComparison.OrdinalIgnoreCase) && IsSeparator(local[4]);

    private static bool IsSeparator(char c) => c is '=' or '+' or '-';

    // Some systems change the case of a local part, so case counts neither in what is signed nor in the signature
    private bool IsSigned(string hash, string signed)
    {
        var given = Encoding.UTF8.GetBytes(hash.ToUpperInvariant());
        var isSigned = false;
        foreach (var secret in secrets)
            isSigned |= CryptographicOperations.FixedTimeEquals(given, Encoding.UTF8.GetBytes(Hash(secret, signed)));
        return isSigned;
    }

    private static string Hash(string secret, string signed)
    {
        var bytes = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(signed.ToLower(CultureInfo.InvariantCulture)));
        return string.Create(HashLength, bytes, static (text, hash) =>
        {
            for (var i = 0; i < text.Length; i++)
                text[i] = Base32[hash[i] & 31];
        });
    }

    private int Today() => (int)(time.GetUtcNow().ToUnixTimeSeconds() / 86400 % Days);

    private static string Day(int day) => $"{Base32[day >> 5]}{Base32[day & 31]}";

    private bool IsRecent(string day)
    {
        if (day.Length != 2)
            return false;
        var high = Base32.IndexOf(char.ToUpperInvariant(day[0]), StringComparison.Ordinal);
        var low = Base32.IndexOf(char.ToUpperInvariant(day[1]), StringComparison.Ordinal);
        return high >= 0 && low >= 0 && (Today() - ((high << 5) | low) + Days) % Days <= validity.TotalDays;
    }
}
