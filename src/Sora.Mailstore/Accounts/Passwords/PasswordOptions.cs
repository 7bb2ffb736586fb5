using Sora.Configuration;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>How passwords are hashed and checked.</summary>
[Section("How passwords are hashed and checked")]
public sealed class PasswordOptions
{
    /// <summary>The cost of new bcrypt hashes: 2^cost rounds.</summary>
    [Option("Cost of new bcrypt hashes, as a power of two of rounds; each step doubles the time of a login")]
    [OptionRange(4, 16)]
    public int BcryptCost { get; set; } = 12;

    /// <summary>Whether a stored <c>{PLAIN}</c> password may be logged in with.</summary>
    [Option("Accept passwords that are stored in the clear as {PLAIN}")]
    public bool AllowPlain { get; set; }

    /// <summary>Threads that check passwords; null for half of the processors.</summary>
    [Option("Threads that check passwords, so that a storm of logins leaves processors to mail; half of the processors if not set", Example = "2")]
    [OptionRange(1, 256)]
    public int? Workers { get; set; }

    /// <summary>Checks that may wait for a worker; beyond that logins are refused as temporarily unavailable.</summary>
    [Option("Checks that may wait for a thread; further logins are refused for the moment")]
    [OptionRange(1, 1_000_000)]
    public int QueueLimit { get; set; } = 1000;

    /// <summary>How many checked passwords are remembered.</summary>
    [Option("Checked passwords to remember, as keyed digests, for clients that log in again and again; 0 remembers none")]
    [OptionRange(0, 10_000_000)]
    public int CacheEntries { get; set; } = 10_000;

    /// <summary>How long a checked password is remembered.</summary>
    [Option("How long a checked password is remembered; 0s remembers none. A changed password is never let in: what is remembered belongs to the stored hash, which is read at each login")]
    [OptionRange("0s", "1d")]
    public TimeSpan CacheTime { get; set; } = TimeSpan.FromMinutes(5);
}
