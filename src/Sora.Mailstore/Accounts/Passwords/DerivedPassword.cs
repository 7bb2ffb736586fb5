using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>What PBKDF2 yields (RFC 8018, section 5.2): Dovecot's <c>{PBKDF2}</c>, SHA-1 with a salt of text.</summary>
internal sealed class DerivedPassword : StoredPassword
{
    /// <summary>More is never allowed; <see cref="PasswordOptions.MaxPbkdf2Rounds"/> is what normally limits.</summary>
    public const int MaxIterations = 10_000_000;

    private const int DigestLength = 20;

    private readonly byte[] _salt;
    private readonly int _iterations;
    private readonly byte[] _expected;

    private DerivedPassword(byte[] salt, int iterations, byte[] expected)
    {
        _salt = salt;
        _iterations = iterations;
        _expected = expected;
    }

    /// <summary><c>$1$salt$iterations$hexadecimal</c>.</summary>
    public static DerivedPassword? ParsePbkdf2(string text)
    {
        if (text.Split('$') is not ["", "1", { Length: > 0 } salt, var count, var digest]
            || !TryParseIterations(count, out var iterations)
            || digest.Length != DigestLength * 2
            || !digest.All(char.IsAsciiHexDigit))
        {
            return null;
        }
        return new(Encoding.ASCII.GetBytes(salt), iterations, Convert.FromHexString(digest));
    }

    public override bool Matches(ReadOnlySpan<byte> password) => CryptographicOperations.FixedTimeEquals(
        Rfc2898DeriveBytes.Pbkdf2(password, _salt, _iterations, HashAlgorithmName.SHA1, DigestLength), _expected);

    public override bool IsWithin(PasswordOptions limits) => _iterations <= limits.MaxPbkdf2Rounds;

    public static bool TryParseIterations(string text, out int iterations) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out iterations) && iterations is > 0 and <= MaxIterations;
}
