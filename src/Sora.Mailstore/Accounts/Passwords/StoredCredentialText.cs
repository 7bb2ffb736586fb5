using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// What is stored of one password: the form that passwords are checked with, and behind it, after spaces, the keys of SCRAM, as in
/// <c>{BLF-CRYPT}$2b$... {SCRAM-SHA-256}... {SCRAM-SHA-1}...</c>. They stand in one text so that no change can reach one and not the other.
/// </summary>
internal sealed record StoredCredentialText(string First, StoredPassword Password, ScramKeys? Sha256, ScramKeys? Sha1)
{
    private const char Separator = ' ';

    /// <summary>Null when a part is broken, of a scheme that is not supported, or comes twice.</summary>
    public static StoredCredentialText? Parse(string stored)
    {
        var end = stored.IndexOf(Separator, StringComparison.Ordinal);
        if (StoredPassword.Parse(end < 0 ? stored : stored[..end]) is not { } password)
            return null;
        if (password is PlainPassword)
            return StoredPassword.Parse(stored) is { } plain ? new StoredCredentialText(stored, plain, null, null) : null; // may hold spaces
        var (sha256, sha1) = Keys(password);
        if (end < 0)
            return new StoredCredentialText(stored, password, sha256, sha1);
        foreach (var part in stored[(end + 1)..].Split(Separator))
        {
            switch (StoredPassword.Parse(part))
            {
                case ScramPassword { Keys: { Hash: ScramHashes.Sha256 } keys } when sha256 is null:
                    sha256 = keys;
                    break;
                case ScramPassword { Keys: { Hash: ScramHashes.Sha1 } keys } when sha1 is null:
                    sha1 = keys;
                    break;
                default:
                    return null;
            }
        }

        return new StoredCredentialText(stored[..end], password, sha256, sha1);
    }

    /// <summary>The keys of one hash function; null when there are none.</summary>
    public ScramKeys? Scram(ScramHashes hash) => hash == ScramHashes.Sha1 ? Sha1 : Sha256;

    /// <summary>All in one text.</summary>
    public static string Join(string first, IEnumerable<ScramKeys> keys) =>
        string.Join(Separator, [first, .. keys.Select(ScramPassword.Write)]);

    private static (ScramKeys? Sha256, ScramKeys? Sha1) Keys(StoredPassword password) => password switch
    {
        ScramPassword { Keys: { Hash: ScramHashes.Sha256 } keys } => (keys, null),
        ScramPassword { Keys: { } keys } => (null, keys),
        _ => (null, null),
    };
}
