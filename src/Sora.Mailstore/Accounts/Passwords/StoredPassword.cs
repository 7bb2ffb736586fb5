using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>A stored password in one of the forms of Dovecot's passdb: <c>{SCHEME}data</c>, <c>{SCHEME.b64}data</c>, or bare <c>$id$...</c>.</summary>
internal abstract class StoredPassword
{
    /// <summary>Longer text is no password hash.</summary>
    private const int MaxLength = 2048;

    private static readonly SearchValues<char> PrintableAscii =
        SearchValues.Create([.. Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code)]);

    /// <summary>Compares in a time that does not depend on where a difference is. The password holds no NUL.</summary>
    public abstract bool Matches(ReadOnlySpan<byte> password);

    /// <summary>A check costs no more than the options allow: whoever writes hashes, as an import or a service does, must not be able to keep a worker busy for hours.</summary>
    public virtual bool IsWithin(PasswordOptions limits) => true;

    /// <summary>Null when the text is broken or of a scheme that is not supported.</summary>
    public static StoredPassword? Parse(string stored)
    {
        if (stored.Length > MaxLength)
            return null;
        if (!stored.StartsWith('{'))
            return CryptPassword.Parse(stored, CryptPassword.AnyPrefix);
        var close = stored.IndexOf('}', StringComparison.Ordinal);
        if (close < 0)
            return null;

        var scheme = stored[1..close].ToUpperInvariant();
        var encoding = "";
        if (scheme.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot)
            (scheme, encoding) = (scheme[..dot], scheme[(dot + 1)..]);
        if (encoding is not ("" or "B64" or "BASE64" or "HEX"))
            return null;

        var data = stored[(close + 1)..];
        return scheme switch
        {
            "SHA" or "SHA1" => Digest(HashAlgorithmName.SHA1, 20, salted: false),
            "SHA256" => Digest(HashAlgorithmName.SHA256, 32, salted: false),
            "SHA512" => Digest(HashAlgorithmName.SHA512, 64, salted: false),
            "PLAIN-MD5" or "LDAP-MD5" => Digest(HashAlgorithmName.MD5, 16, salted: false),
            "SMD5" => Digest(HashAlgorithmName.MD5, 16, salted: true),
            "SSHA" => Digest(HashAlgorithmName.SHA1, 20, salted: true),
            "SSHA256" => Digest(HashAlgorithmName.SHA256, 32, salted: true),
            "SSHA512" => Digest(HashAlgorithmName.SHA512, 64, salted: true),
            "PLAIN" or "CLEAR" or "CLEARTEXT" => Bytes(data, encoding) is { } plain ? new PlainPassword(plain) : null,
            _ => Text(data, encoding) is not { } text ? null : scheme switch
            {
                "CRYPT" => CryptPassword.Parse(text, CryptPassword.AnyPrefix),
                "BLF-CRYPT" => CryptPassword.Parse(text, CryptPassword.BcryptPrefixes),
                "SHA512-CRYPT" => CryptPassword.Parse(text, ["$6$"]),
                "SHA256-CRYPT" => CryptPassword.Parse(text, ["$5$"]),
                "MD5-CRYPT" or "MD5" => CryptPassword.Parse(text, ["$1$"]),
                "PBKDF2" => DerivedPassword.ParsePbkdf2(text),
                ScramPassword.Sha256Scheme => ScramPassword.Parse(Contracts.ScramHashes.Sha256, text),
                ScramPassword.Sha1Scheme => ScramPassword.Parse(Contracts.ScramHashes.Sha1, text),
                _ => null,
            },
        };

        StoredPassword? Digest(HashAlgorithmName algorithm, int length, bool salted)
        {
            // Without a suffix these are Base64, but an unsalted digest of just the length of a hexadecimal one is that
            var implied = encoding.Length > 0 ? encoding : !salted && data.Length == length * 2 ? "HEX" : "B64";
            return DigestPassword.Create(algorithm, length, salted, Bytes(data, implied));
        }
    }

    private static byte[]? Bytes(string data, string encoding)
    {
        try
        {
            return encoding switch
            {
                "" => Encoding.UTF8.GetBytes(data),
                "HEX" => Convert.FromHexString(data),
                _ => Convert.FromBase64String(data),
            };
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Schemes whose data is text hold printable ASCII only; a NUL in it would end a C string early.</summary>
    private static string? Text(string data, string encoding) =>
        Bytes(data, encoding) is { } bytes && Encoding.Latin1.GetString(bytes) is var text && IsPrintable(text) ? text : null;

    protected static bool IsPrintable(string text) => !text.AsSpan().ContainsAnyExcept(PrintableAscii);
}

/// <summary><c>{PLAIN}</c>.</summary>
internal sealed class PlainPassword(byte[] expected) : StoredPassword
{
    // Digests are compared, so that the time does not tell the length either
    public override bool Matches(ReadOnlySpan<byte> password) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(password), SHA256.HashData(expected));
}

/// <summary><c>{SHA512}</c>, <c>{SSHA512}</c> and their smaller sisters down to <c>{PLAIN-MD5}</c>: a digest over password and salt, the salt behind the digest.</summary>
internal sealed class DigestPassword : StoredPassword
{
    private readonly HashAlgorithmName _algorithm;
    private readonly byte[] _digest;
    private readonly byte[] _salt;

    private DigestPassword(HashAlgorithmName algorithm, byte[] digest, byte[] salt)
    {
        _algorithm = algorithm;
        _digest = digest;
        _salt = salt;
    }

    public static DigestPassword? Create(HashAlgorithmName algorithm, int length, bool salted, byte[]? data) =>
        data is null || data.Length < length || (!salted && data.Length > length)
            ? null
            : new DigestPassword(algorithm, data[..length], data[length..]);

    public override bool Matches(ReadOnlySpan<byte> password)
    {
        using var hash = IncrementalHash.CreateHash(_algorithm);
        hash.AppendData(password);
        hash.AppendData(_salt);
        return CryptographicOperations.FixedTimeEquals(hash.GetHashAndReset(), _digest);
    }
}
