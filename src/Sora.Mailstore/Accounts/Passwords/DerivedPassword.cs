using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// What PBKDF2 yields (RFC 8018, section 5.2): Dovecot's <c>{PBKDF2}</c>, SHA-1 with a salt of text, and <c>{SCRAM-SHA-256}</c>,
/// where the StoredKey of RFC 5802, section 3 is kept.
/// </summary>
internal sealed class DerivedPassword : StoredPassword
{
    /// <summary>More would only be a way to keep a worker busy: about ten seconds.</summary>
    private const int MaxIterations = 10_000_000;

    private const int Sha1Length = 20;
    private const int Sha256Length = 32;

    private readonly HashAlgorithmName _algorithm;
    private readonly byte[] _salt;
    private readonly int _iterations;
    private readonly byte[] _expected;
    private readonly bool _scram;

    private DerivedPassword(HashAlgorithmName algorithm, byte[] salt, int iterations, byte[] expected, bool scram)
    {
        _algorithm = algorithm;
        _salt = salt;
        _iterations = iterations;
        _expected = expected;
        _scram = scram;
    }

    /// <summary><c>$1$salt$iterations$hexadecimal</c>.</summary>
    public static DerivedPassword? ParsePbkdf2(string text)
    {
        if (text.Split('$') is not ["", "1", { Length: > 0 } salt, var count, var digest]
            || !TryParseIterations(count, out var iterations)
            || digest.Length != Sha1Length * 2
            || !digest.All(char.IsAsciiHexDigit))
        {
            return null;
        }
        return new(HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes(salt), iterations, Convert.FromHexString(digest), scram: false);
    }

    /// <summary><c>iterations,salt,StoredKey,ServerKey</c>, the last three as Base64.</summary>
    public static DerivedPassword? ParseScramSha256(string text)
    {
        if (text.Split(',') is not [var count, var saltText, var storedKey, var serverKey]
            || !TryParseIterations(count, out var iterations)
            || FromBase64(saltText) is not { Length: > 0 } salt
            || FromBase64(storedKey) is not { Length: Sha256Length } expected
            || FromBase64(serverKey) is not { Length: Sha256Length })
        {
            return null;
        }
        return new(HashAlgorithmName.SHA256, salt, iterations, expected, scram: true);
    }

    public override bool Matches(ReadOnlySpan<byte> password)
    {
        var actual = Rfc2898DeriveBytes.Pbkdf2(password, _salt, _iterations, _algorithm, _expected.Length);
        if (_scram)
            actual = SHA256.HashData(HMACSHA256.HashData(actual, "Client Key"u8));
        return CryptographicOperations.FixedTimeEquals(actual, _expected);
    }

    private static bool TryParseIterations(string text, out int iterations) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out iterations) && iterations is > 0 and <= MaxIterations;

    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : null;
    }
}
