using System.Globalization;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>What checking a password against a hash of libcrypt costs, by the parameters in the hash: bcrypt's of 31 would take days, SHA-512 crypt's 999,999,999 rounds ten minutes.</summary>
internal static class CryptCost
{
    private const string Yescrypt = "$y$";
    private const string Rounds = "rounds=";

    // crypt(5): the digits of a number, in the order of their values
    private const string Digits = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>False also for parameters that cannot be read: libcrypt would refuse them, or read them in a way that is not known here.</summary>
    public static bool IsWithin(string hash, PasswordOptions limits)
    {
        if (hash.StartsWith("$2", StringComparison.Ordinal))
        {
            return hash.Length > 6 && hash[6] == '$' && int.TryParse(hash.AsSpan(4, 2), NumberStyles.None, CultureInfo.InvariantCulture, out var cost)
                && cost <= limits.MaxBcryptCost;
        }

        if (hash.StartsWith(Yescrypt, StringComparison.Ordinal))
            return YescryptMemory(hash.AsSpan(Yescrypt.Length)) is { } memory && memory <= (UInt128)limits.MaxYescryptMemory.Bytes;
        if (!hash.AsSpan(3).StartsWith(Rounds, StringComparison.Ordinal))
            return true; // MD5 crypt has a fixed number, SHA crypt has 5000 where none is given
        var digits = hash.AsSpan(3 + Rounds.Length);
        var end = digits.IndexOf('$');
        return end > 0 && int.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var rounds) && rounds <= limits.MaxCryptRounds;
    }

    // Parameters: flavour, log2 N, r, and, if there are more, a number whose bits say which of p, t, g and log2 NROM follow. 128 r octets for each of the N blocks; p, t and g make it take that
    // much longer, which counts as memory here. A ROM is nowhere.
    private static UInt128? YescryptMemory(ReadOnlySpan<char> parameters)
    {
        var end = parameters.IndexOf('$');
        if (end < 0)
            return null;
        parameters = parameters[..end];
        if (!TryNumber(ref parameters, 0, out _) || !TryNumber(ref parameters, 1, out var log2N) || !TryNumber(ref parameters, 1, out var r) || log2N > 63)
            return null;
        var (p, t, g) = (1u, 0u, 0u);
        if (!parameters.IsEmpty)
        {
            if (!TryNumber(ref parameters, 1, out var which)
                || ((which & 1) != 0 && !TryNumber(ref parameters, 2, out p))
                || ((which & 2) != 0 && !TryNumber(ref parameters, 1, out t))
                || ((which & 4) != 0 && !TryNumber(ref parameters, 1, out g))
                || which > 7 || !parameters.IsEmpty || g > 16)
                return null;
        }

        return ((UInt128)128 << (int)(log2N + (2 * g))) * r * (((UInt128)p) * (t + 1));
    }

    // A first digit that tells by its range how many follow, and so where the numbers of that length begin; each has those of all shorter lengths behind it
    private static bool TryNumber(ref ReadOnlySpan<char> text, uint least, out uint number)
    {
        number = least;
        if (text.IsEmpty || Digits.IndexOf(text[0], StringComparison.Ordinal) is not (>= 0 and var digit))
            return false;
        var (first, last, more) = (0, 47, 0);
        while (digit > last)
        {
            number += (uint)(last + 1 - first) << (6 * more);
            (first, last, more) = (last + 1, last + 1 + ((62 - last) / 2), more + 1);
        }

        if (more > 4 || text.Length <= more)
            return false;
        number += (uint)(digit - first) << (6 * more);
        for (var i = 1; i <= more; i++)
        {
            if (Digits.IndexOf(text[i], StringComparison.Ordinal) is not (>= 0 and var next))
                return false;
            number += (uint)next << (6 * (more - i));
        }

        text = text[(more + 1)..];
        return true;
    }
}
