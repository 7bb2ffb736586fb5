using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// A password that was made here for one program: four groups of five letters, 99 bits. Nobody can guess it, so one quick digest keeps it as safe as bcrypt keeps a word that
/// somebody has chosen, and the digest also finds it: a login costs one hash however many such passwords there are.
/// </summary>
internal static class GeneratedPassword
{
    private const string Letters = "abcdefghjkmnpqrstuvwxyz23456789"; // none that can be taken for another
    private const int Groups = 4;
    private const int GroupLength = 5;
    private const int LookupLength = 16;

    public static string Make() =>
        string.Join('-', Enumerable.Range(0, Groups).Select(static _ => RandomNumberGenerator.GetString(Letters, GroupLength)));

    /// <summary>What finds it: the beginning of the digest that is stored. Null for what cannot be one.</summary>
    public static byte[]? Lookup(string password) => HasShape(password) ? Digest(password)[..LookupLength] : null;

    /// <summary>As it is stored.</summary>
    public static string Hash(string password) => "{SHA256}" + Convert.ToBase64String(Digest(password));

    private static byte[] Digest(string password) => SHA256.HashData(Encoding.ASCII.GetBytes(password));

    private static bool HasShape(string password)
    {
        if (password.Length != Groups * (GroupLength + 1) - 1)
            return false;
        for (var i = 0; i < password.Length; i++)
        {
            if (i % (GroupLength + 1) == GroupLength ? password[i] != '-' : !Letters.Contains(password[i], StringComparison.Ordinal))
                return false;
        }

        return true;
    }
}
