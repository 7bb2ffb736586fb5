using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary><c>{SCRAM-SHA-256}</c> and <c>{SCRAM-SHA-1}</c>: the keys of RFC 5802 section 3, as Dovecot writes them.</summary>
internal sealed class ScramPassword(ScramKeys keys) : StoredPassword
{
    public const string Sha256Scheme = "SCRAM-SHA-256";
    public const string Sha1Scheme = "SCRAM-SHA-1";

    public ScramKeys Keys => keys;

    /// <summary><c>iterations,salt,StoredKey,ServerKey</c>, the last three as Base64.</summary>
    public static ScramPassword? Parse(ScramHashes hash, string text)
    {
        if (text.Split(',') is not [var count, var saltText, var storedText, var serverText]
            || !DerivedPassword.TryParseIterations(count, out var iterations)
            || FromBase64(saltText) is not { Length: > 0 } salt
            || FromBase64(storedText) is not { } storedKey || storedKey.Length != ScramKeys.LengthOf(hash)
            || FromBase64(serverText) is not { } serverKey || serverKey.Length != ScramKeys.LengthOf(hash))
        {
            return null;
        }
        return new(new ScramKeys(hash, iterations, [.. salt], [.. storedKey], [.. serverKey]));
    }

    /// <summary>The keys as they are stored.</summary>
    public static string Write(ScramKeys keys) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{{(keys.Hash == ScramHashes.Sha1 ? Sha1Scheme : Sha256Scheme)}}}{keys.Iterations},{Convert.ToBase64String(keys.Salt.AsSpan())},{Convert.ToBase64String(keys.StoredKey.AsSpan())},{Convert.ToBase64String(keys.ServerKey.AsSpan())}");

    public override bool IsWithin(PasswordOptions limits) => keys.Iterations <= limits.MaxPbkdf2Rounds;

    // Whoever made the keys may not have prepared the password, so that both ways count
    public override bool Matches(ReadOnlySpan<byte> password)
    {
        var text = Encoding.UTF8.GetString(password);
        if (IsMadeFrom(Encoding.UTF8.GetBytes(Saslprep.Prepare(text) ?? text)))
            return true;
        return !Ascii.IsValid(password) && IsMadeFrom(password);
    }

    private bool IsMadeFrom(ReadOnlySpan<byte> password)
    {
        var algorithm = keys.Hash == ScramHashes.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
        var salted = Rfc2898DeriveBytes.Pbkdf2(password, keys.Salt.AsSpan(), keys.Iterations, algorithm, ScramKeys.LengthOf(keys.Hash));
        var stored = CryptographicOperations.HashData(algorithm, CryptographicOperations.HmacData(algorithm, salted, "Client Key"u8));
        return CryptographicOperations.FixedTimeEquals(stored, keys.StoredKey.AsSpan());
    }

    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : null;
    }
}
