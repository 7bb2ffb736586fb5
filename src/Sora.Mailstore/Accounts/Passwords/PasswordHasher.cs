using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// Hashes new passwords with bcrypt and checks passwords against bcrypt and against what other mail servers have stored: the schemes
/// BLF-CRYPT, SHA512-CRYPT, SHA256-CRYPT, MD5-CRYPT, CRYPT (only <c>$2a$ $2b$ $2y$ $6$ $5$ $1$ $y$</c>, also bare), SSHA512, SHA512,
/// SSHA256, SHA256, SSHA, SHA, SMD5, PLAIN-MD5, LDAP-MD5, PBKDF2, SCRAM-SHA-256, SCRAM-SHA-1 and, if allowed, PLAIN, each also with the suffix <c>.b64</c> or <c>.hex</c>. Behind a hash the keys of SCRAM may
/// stand, see <see cref="PasswordOptions.Scram"/>.
/// </summary>
/// <remarks>
/// Passwords are hashed as UTF-8, as they come. bcrypt looks at 72 bytes: <see cref="Hash"/> refuses a longer password, whose end would
/// not count, while <see cref="Verify"/> takes it, as the server that made the hash did. A password with a NUL, which RFC 4616 forbids,
/// matches nothing. All calls take as long as the scheme demands and block their thread; sessions go through
/// <see cref="PasswordVerifier"/>. Safe for many threads.
/// </remarks>
public sealed class PasswordHasher
{
    /// <summary>Bytes of UTF-8 that a new password may have: what bcrypt looks at.</summary>
    public const int MaxNewPasswordBytes = 72;

    /// <summary>Bytes of UTF-8 beyond which no password matches.</summary>
    public const int MaxPasswordBytes = Crypt.MaxPasswordLength;

    private const int MaxBcryptCost = 31;
    private const string Scheme = "{BLF-CRYPT}";
    private const string Prefix = "$2b$";

    /// <summary>Octets of the salt of new SCRAM keys.</summary>
    internal const int ScramSaltLength = 16;

    private readonly PasswordOptions _options;
    private readonly Lazy<ScramKeys?> _dummyKeys;
    private readonly Lazy<string>[] _dummySettings;

    /// <summary>Hashes and checks by <paramref name="options"/>.</summary>
    public PasswordHasher(PasswordOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _dummyKeys = new(() => options.ScramHashes().Any() ? NewKeys(options.ScramHashes().First(), "", null) : null);
        _dummySettings = [.. Enumerable.Range(0, MaxBcryptCost + 1).Select(static cost => new Lazy<string>(() => Crypt.Library.GenerateSetting(Prefix, cost)))];
    }

    /// <summary>Why <see cref="Hash"/> would refuse the password, as a sentence for the one who chose it; null if it would not.</summary>
    public static string? WhyRefused(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        if (password.Length == 0)
            return "The password is empty.";
        if (password.Contains('\0', StringComparison.Ordinal))
            return "The password contains a NUL character.";
        if (Encoding.UTF8.GetByteCount(password) > MaxNewPasswordBytes)
            return "The password is longer than 72 bytes.";
        return null;
    }

    /// <summary>A new <c>{BLF-CRYPT}$2b$...</c> hash with a random salt, and behind it the keys of SCRAM that the options want.</summary>
    /// <param name="password">The password.</param>
    /// <param name="like">Keys of other passwords of the same address, whose salt and rounds new ones must have so that SCRAM works with all of them.</param>
    /// <exception cref="ArgumentException">The password is empty, longer than 72 bytes, or contains a NUL.</exception>
    /// <exception cref="PlatformNotSupportedException">libcrypt is missing.</exception>
    public string Hash(string password, IReadOnlyList<ScramKeys>? like = null)
    {
        if (WhyRefused(password) is { } reason)
            throw new ArgumentException(reason, nameof(password));
        var setting = Crypt.Library.GenerateSetting(Prefix, _options.BcryptCost);
        var hash = WithBytes(password, setting, static (bytes, setting) => Crypt.Library.Hash(bytes, setting));
        return hash is null
            ? throw new PlatformNotSupportedException("libcrypt does not know bcrypt.")
            : StoredCredentialText.Join(Scheme + hash, _options.ScramHashes().Select(algorithm => NewKeys(algorithm, password, like)));
    }

    /// <summary>What is stored of a <see cref="GeneratedPassword"/>.</summary>
    internal string HashGenerated(string password, IReadOnlyList<ScramKeys> like) =>
        StoredCredentialText.Join(GeneratedPassword.Hash(password), _options.ScramHashes().Select(algorithm => NewKeys(algorithm, password, like)));

    /// <summary>
    /// What to store in place of <paramref name="stored"/> now that its password is known: a new hash, or the same with the keys of SCRAM that were missing. Null when the options
    /// want nothing else, and for a password that no new hash can be made of.
    /// </summary>
    public string? Renew(string password, string stored) => Renew(password, stored, Renewal.OfOne);

    /// <inheritdoc cref="Renew(string, string)"/>
    /// <param name="password">The right password.</param>
    /// <param name="stored">What is stored now.</param>
    /// <param name="how">What of it may change.</param>
    internal string? Renew(string password, string stored, Renewal how)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(stored);
        if (WouldRehash(stored, how) && WhyRefused(password) is null)
            return Hash(password, how.Like);
        if (!_options.ScramAtLogin || StoredCredentialText.Parse(stored) is not { Password: not PlainPassword } parsed)
            return null;
        var missing = Missing(parsed, how).ToList();
        if (missing.Count == 0)
            return null;
        ScramKeys?[] kept = parsed.Password is ScramPassword ? [] : [parsed.Sha256, parsed.Sha1];
        return StoredCredentialText.Join(
            parsed.First,
            [.. kept.OfType<ScramKeys>().Where(keys => !missing.Contains(keys.Hash)), .. missing.Select(algorithm => NewKeys(algorithm, password, how.Like))]);
    }

    /// <summary>Whether <see cref="Renew(string, string, Renewal)"/> may have something to do; takes no time.</summary>
    internal bool WouldRenew(string stored, Renewal how) =>
        WouldRehash(stored, how)
        || (_options.ScramAtLogin && StoredCredentialText.Parse(stored) is { Password: not PlainPassword } parsed && Missing(parsed, how).Any());

    /// <summary>The keys of SCRAM that are stored; null when there are none of this hash function.</summary>
    internal static ScramKeys? ScramKeys(string stored, ScramHashes hash) => StoredCredentialText.Parse(stored)?.Scram(hash);

    /// <summary>All keys of SCRAM that are stored.</summary>
    internal static IEnumerable<ScramKeys> ScramKeys(string stored) =>
        StoredCredentialText.Parse(stored) is { } parsed ? new[] { parsed.Sha256, parsed.Sha1 }.OfType<ScramKeys>() : [];

    private bool WouldRehash(string stored, Renewal how) => _options.RenewAtLogin && !how.IsGenerated && NeedsRehash(stored);

    private IEnumerable<ScramHashes> Missing(StoredCredentialText stored, Renewal how) => _options.ScramHashes().Where(
        algorithm => stored.Scram(algorithm) is not { } keys
            || (how.MustBeLike && stored.Password is not ScramPassword && how.Find(algorithm) is { } other && !other.HasSaltOf(keys)));

    private ScramKeys NewKeys(ScramHashes algorithm, string password, IReadOnlyList<ScramKeys>? like) =>
        like?.FirstOrDefault(keys => keys.Hash == algorithm) is { } other
            ? Contracts.ScramKeys.Derive(algorithm, password, other.Salt.AsSpan(), other.Iterations)
            : Contracts.ScramKeys.Derive(algorithm, password, RandomNumberGenerator.GetBytes(ScramSaltLength), _options.ScramIterations);

    /// <summary>
    /// Whether <paramref name="password"/> is the one <paramref name="stored"/> was made from. False also for a stored text that is
    /// broken or of an unknown scheme (see <see cref="CanVerify"/>). The comparison takes constant time.
    /// </summary>
    /// <exception cref="PlatformNotSupportedException">libcrypt is missing, and the scheme needs it.</exception>
    public bool Verify(string password, string stored)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(stored);
        return MatchesQuickly(password, stored)
            || (ParseAllowed(stored) is { } parsed && WithBytes(password, parsed, static (bytes, parsed) => parsed.Matches(bytes)));
    }

    /// <summary>
    /// Takes as long as <see cref="Verify"/> with a hash of <see cref="Hash"/>, and is false: for users that do not exist, so that the
    /// time of the answer does not tell that they do not.
    /// </summary>
    public bool VerifyDummy(string password)
    {
        ArgumentNullException.ThrowIfNull(password);
        MatchesQuickly(password, null);
        RunDummy(password, _options.BcryptCost);
        return false;
    }

    /// <summary>
    /// Takes, after a <see cref="Verify"/> that was false, the time that is left until it has cost as much as <see cref="VerifyDummy"/>: a user whose hash is an old and
    /// quick one must not answer sooner than one that does not exist. bcrypt's time doubles with each step of its cost, so the rounds that are missing are made up exactly.
    /// </summary>
    internal void VerifyRest(string password, string stored)
    {
        foreach (var cost in RestOf(stored))
            RunDummy(password, cost);
    }

    /// <summary>The costs of the bcrypt hashes that <see cref="VerifyRest"/> makes.</summary>
    internal IEnumerable<int> RestOf(string stored) =>
        ParseAllowed(stored) is CryptPassword { BcryptCost: { } cost }
            ? Enumerable.Range(cost, Math.Max(0, _options.BcryptCost - cost))
            : [_options.BcryptCost];

    private void RunDummy(string password, int cost) =>
        WithBytes(password, _dummySettings[cost].Value, static (bytes, setting) => Crypt.Library.Hash(bytes, setting));

    // The keys of SCRAM are of the same password and take a fiftieth of bcrypt's time at the default costs, which is what makes a storm of logins bearable. Whoever has stolen them
    // guesses by them anyway. A wrong password pays for both, whether it has such keys or not. Null stands for a user that does not exist.
    private bool MatchesQuickly(string password, string? stored)
    {
        // HMAC fills short keys up with NULs: with one at its end a second password would be right
        if (!_options.QuickCheck || password.Length > MaxPasswordBytes || password.Contains('\0', StringComparison.Ordinal))
            return false;
        var own = stored is not null && StoredCredentialText.Parse(stored) is { Password: CryptPassword } parsed ? parsed.Sha256 ?? parsed.Sha1 : null;
        if (own?.Iterations > _options.MaxPbkdf2Rounds)
            own = null;
        return (own ?? _dummyKeys.Value) is { } keys
            && CryptographicOperations.FixedTimeEquals(
                Contracts.ScramKeys.Derive(keys.Hash, password, keys.Salt.AsSpan(), keys.Iterations).StoredKey.AsSpan(), keys.StoredKey.AsSpan())
            && own is not null;
    }

    /// <summary>Whether <paramref name="stored"/> is well formed, of a scheme that is supported and allowed, and no dearer than the options allow.</summary>
    public bool CanVerify(string stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return ParseAllowed(stored) is not null;
    }

    /// <summary>Whether a new hash, made at the next good login, would be stronger: anything but bcrypt of at least the present cost.</summary>
    public bool NeedsRehash(string stored)
    {
        ArgumentNullException.ThrowIfNull(stored);
        return StoredCredentialText.Parse(stored)?.Password is not CryptPassword { BcryptCost: { } cost } || cost < _options.BcryptCost;
    }

    /// <summary>Rounds of new SCRAM keys.</summary>
    internal int ScramIterations => _options.ScramIterations;

    private StoredPassword? ParseAllowed(string stored) =>
        StoredCredentialText.Parse(stored)?.Password is { } parsed && (_options.AllowPlain || parsed is not PlainPassword) && parsed.IsWithin(_options) ? parsed : null;

    private delegate TResult Work<in TState, out TResult>(ReadOnlySpan<byte> password, TState state);

    /// <summary>
    /// Encodes the password for the time of <paramref name="work"/>; gives the default for one that is too long or holds a NUL. That
    /// would end a C string early, and HMAC, which PBKDF2 is made of, fills short keys up with NULs: both would let a second password in.
    /// </summary>
    private static TResult? WithBytes<TState, TResult>(string password, TState state, Work<TState, TResult> work)
    {
        Span<byte> bytes = stackalloc byte[MaxPasswordBytes];
        try
        {
            return Encoding.UTF8.TryGetBytes(password, bytes, out var length) && !bytes[..length].Contains((byte)0)
                ? work(bytes[..length], state)
                : default;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }
}
