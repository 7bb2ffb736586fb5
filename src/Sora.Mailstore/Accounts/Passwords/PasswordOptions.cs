using Sora.Configuration;
using Sora.Contracts;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>How passwords are hashed and checked.</summary>
[Section("How passwords are hashed and checked")]
public sealed class PasswordOptions : IValidatableOptions
{
    /// <summary>The cost of new bcrypt hashes: 2^cost rounds.</summary>
    [Option("Cost of new bcrypt hashes, as a power of two of rounds; each step doubles the time of a login")]
    [OptionRange(4, 16)]
    public int BcryptCost { get; set; } = 12;

    /// <summary>For which hash functions a new password gets the keys of SCRAM beside its bcrypt hash.</summary>
    [Option("Keys to store beside the bcrypt hash of a new password, so that SCRAM can be used. Who steals them can guess passwords with scram_iterations rounds for each, which is quicker than bcrypt; an empty list stores none", Reference = "RFC 5802, RFC 7677")]
    public IReadOnlyList<string> Scram { get; set; } = [ScramPassword.Sha256Scheme, ScramPassword.Sha1Scheme];

    /// <summary>Rounds of PBKDF2 in new keys of SCRAM.</summary>
    [Option("Rounds with which new SCRAM keys are made; each login costs the client, not the server, this many", Reference = "RFC 7677 4: at least 4096")]
    [OptionRange(4096, 10_000_000)]
    public int ScramIterations { get; set; } = 10_000;

    /// <summary>Whether a password is checked by the keys of SCRAM first.</summary>
    [Option("Check a password by its SCRAM keys first, which is much quicker than bcrypt and tells a thief of them nothing new; a wrong one still costs as much as ever")]
    public bool QuickCheck { get; set; } = true;

    /// <summary>Whether a good login with the password itself stores the keys of SCRAM that are missing.</summary>
    [Option("Store missing SCRAM keys when a client logs in with the password itself, so that imported accounts come to have them")]
    public bool ScramAtLogin { get; set; } = true;

    /// <summary>Whether a good login replaces a hash that is weaker than a new one.</summary>
    [Option("Replace a stored hash that is not bcrypt, or of a lower cost, when a client logs in with the password itself")]
    public bool RenewAtLogin { get; set; }

    /// <summary>Whether a stored <c>{PLAIN}</c> password may be logged in with.</summary>
    [Option("Accept passwords that are stored in the clear as {PLAIN}")]
    public bool AllowPlain { get; set; }

    /// <summary>The dearest stored bcrypt hash that is checked.</summary>
    [Option("Highest cost of a stored bcrypt hash; a password is not checked against a dearer one, which would keep a thread busy. 16 takes about four seconds")]
    [OptionRange(4, 31)]
    public int MaxBcryptCost { get; set; } = 16;

    /// <summary>Most rounds of a stored SHA-crypt hash.</summary>
    [Option("Most rounds of a stored {SHA256-CRYPT} or {SHA512-CRYPT} hash; a million take about half a second")]
    [OptionRange(5000, 999_999_999)]
    public int MaxCryptRounds { get; set; } = 2_000_000;

    /// <summary>Most rounds of stored PBKDF2, that of SCRAM included.</summary>
    [Option("Most rounds of a stored {PBKDF2} hash, and of SCRAM keys; a million take about half a second")]
    [OptionRange(4096, DerivedPassword.MaxIterations)]
    public int MaxPbkdf2Rounds { get; set; } = 2_000_000;

    /// <summary>Most memory of a stored yescrypt hash.</summary>
    [Option("Most memory that checking one stored yescrypt hash may take; Linux distributions make hashes of 16 MiB")]
    [OptionRange("1 MiB", "1 GiB")]
    public ByteSize MaxYescryptMemory { get; set; } = ByteSize.MiB(64);

    /// <summary>Threads that check passwords; null for half of the processors.</summary>
    [Option("Threads that check passwords, so that a storm of logins leaves processors to mail; half of the processors if not set", Example = "2")]
    [OptionRange(1, 256)]
    public int? Workers { get; set; }

    /// <summary>Checks that may wait for a worker; beyond that logins are refused as temporarily unavailable.</summary>
    [Option("Checks that may wait for a thread; further logins are refused for the moment")]
    [OptionRange(1, 1_000_000)]
    public int QueueLimit { get; set; } = 10_000;

    /// <summary>How many checked passwords are remembered.</summary>
    [Option("Checked passwords to remember, as keyed digests, for clients that log in again and again; 0 remembers none")]
    [OptionRange(0, 10_000_000)]
    public int CacheEntries { get; set; } = 10_000;

    /// <summary>How long a checked password is remembered.</summary>
    [Option("How long a checked password is remembered; 0s remembers none. A changed password is never let in: what is remembered belongs to the stored hash, which is read at each login")]
    [OptionRange("0s", "1d")]
    public TimeSpan CacheTime { get; set; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var name in Scram)
        {
            if (name is not (ScramPassword.Sha256Scheme or ScramPassword.Sha1Scheme))
                yield return $"scram has \"{name}\", which is neither {ScramPassword.Sha256Scheme} nor {ScramPassword.Sha1Scheme}";
        }

        if (MaxBcryptCost < BcryptCost)
            yield return "max_bcrypt_cost must not be less than bcrypt_cost";
        if (MaxPbkdf2Rounds < ScramIterations)
            yield return "max_pbkdf2_rounds must not be less than scram_iterations";
    }

    /// <summary>The hash functions of <see cref="Scram"/>.</summary>
    internal IEnumerable<ScramHashes> ScramHashes()
    {
        if (Scram.Contains(ScramPassword.Sha256Scheme, StringComparer.Ordinal))
            yield return Contracts.ScramHashes.Sha256;
        if (Scram.Contains(ScramPassword.Sha1Scheme, StringComparer.Ordinal))
            yield return Contracts.ScramHashes.Sha1;
    }
}
