using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>A hash of libcrypt, known by its prefix. Old DES hashes, which have none, are not accepted.</summary>
internal sealed class CryptPassword : StoredPassword
{
    /// <summary>bcrypt: 2b and 2y are the same, 2a is the same for all but very long or broken passwords.</summary>
    public static readonly string[] BcryptPrefixes = ["$2b$", "$2y$", "$2a$"];

    public static readonly string[] AnyPrefix = [.. BcryptPrefixes, "$6$", "$5$", "$1$", "$y$"];

    private readonly string _hash;

    private CryptPassword(string hash) => _hash = hash;

    public static CryptPassword? Parse(string text, string[] prefixes)
    {
        if (!IsPrintable(text))
            return null;
        foreach (var prefix in prefixes)
        {
            if (text.StartsWith(prefix, StringComparison.Ordinal))
                return new CryptPassword(text);
        }
        return null;
    }

    /// <summary>The cost of a <c>$2b$</c> or <c>$2y$</c> hash; null for everything else.</summary>
    public int? BcryptCost =>
        _hash.StartsWith(BcryptPrefixes[0], StringComparison.Ordinal) || _hash.StartsWith(BcryptPrefixes[1], StringComparison.Ordinal)
            ? _hash.Length == 60 && _hash[6] == '$' && char.IsAsciiDigit(_hash[4]) && char.IsAsciiDigit(_hash[5])
                ? (_hash[4] - '0') * 10 + _hash[5] - '0'
                : null
            : null;

    public override bool IsWithin(PasswordOptions limits) => CryptCost.IsWithin(_hash, limits);

    public override bool Matches(ReadOnlySpan<byte> password) =>
        Crypt.Library.Hash(password, _hash) is { } actual
        && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(actual), Encoding.ASCII.GetBytes(_hash));
}
