using System.Net;
using Sora.Configuration;

namespace Sora.Mailstore.Accounts.Logins;

/// <summary>[login_limits]: how many wrong passwords are too many.</summary>
[Section("How many wrong passwords are too many; all nodes count together")]
public sealed class LoginLimitOptions : IValidatableOptions
{
    [Option("Count wrong passwords, and refuse those who give too many")]
    public bool Enabled { get; set; } = true;

    [Option("Networks whose wrong passwords are not counted, such as that of a webmail server through which all users come; nobody in them is ever refused")]
    public IReadOnlyList<string> ExemptNetworks { get; set; } = [];

    [Option("Bits of an IPv6 address that make a network; one client has a whole network to itself, whose wrong passwords are counted together")]
    [OptionRange(32, 128)]
    public int Ipv6Prefix { get; set; } = 64;

    [Option("Wrong passwords for one user from one network until that pair is blocked")]
    [OptionRange(1, 1_000_000)]
    public int PairFailures { get; set; } = 5;

    [Option("Within this time")]
    [OptionRange("1s", "30d")]
    public TimeSpan PairWindow { get; set; } = TimeSpan.FromMinutes(10);

    [Option("For this long the first time")]
    [OptionRange("1s", "30d")]
    public TimeSpan PairBlock { get; set; } = TimeSpan.FromMinutes(15);

    [Option("Wrong passwords from one network, for whatever users, until it is blocked")]
    [OptionRange(1, 1_000_000)]
    public int AddressFailures { get; set; } = 50;

    [Option("Within this time")]
    [OptionRange("1s", "30d")]
    public TimeSpan AddressWindow { get; set; } = TimeSpan.FromMinutes(30);

    [Option("For this long the first time")]
    [OptionRange("1s", "30d")]
    public TimeSpan AddressBlock { get; set; } = TimeSpan.FromMinutes(30);

    [Option("Wrong passwords for one user, from wherever, until the user is blocked for strangers: from networks where the user has logged in before, the user still can")]
    [OptionRange(1, 1_000_000)]
    public int UserFailures { get; set; } = 20;

    [Option("Within this time")]
    [OptionRange("1s", "30d")]
    public TimeSpan UserWindow { get; set; } = TimeSpan.FromHours(1);

    [Option("For this long the first time")]
    [OptionRange("1s", "30d")]
    public TimeSpan UserBlock { get; set; } = TimeSpan.FromMinutes(15);

    [Option("How much longer each block is than the one before it")]
    [OptionRange(1, 100)]
    public int BlockGrowth { get; set; } = 2;

    [Option("The longest block")]
    [OptionRange("1s", "365d")]
    public TimeSpan MaxBlock { get; set; } = TimeSpan.FromHours(24);

    [Option("How long after its last wrong password a block is remembered, so that the next one is longer")]
    [OptionRange("1s", "365d")]
    public TimeSpan Memory { get; set; } = TimeSpan.FromHours(24);

    [Option("Wrong passwords for one user from one network after which the next password has to wait before it is checked; of the other limits the same share")]
    [OptionRange(1, 1_000_000)]
    public int DelayAfter { get; set; } = 2;

    [Option("How long the first one waits; each further one waits twice as long as the one before. 0s lets none wait")]
    [OptionRange("0s", "1h")]
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(1);

    [Option("How long one waits at most")]
    [OptionRange("0s", "1h")]
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);

    [Option("Passwords from one network that may wait at a time; further ones are refused")]
    [OptionRange(1, 100_000)]
    public int MaxDelayed { get; set; } = 10;

    [Option("How long a network stays known where a user has logged in; 0s knows none")]
    [OptionRange("0s", "365d")]
    public TimeSpan KnownFor { get; set; } = TimeSpan.FromDays(30);

    [Option("Networks that are known for one user; the one that was seen last the longest time ago goes first")]
    [OptionRange(1, 1000)]
    public int KnownPerUser { get; set; } = 20;

    [Option("Networks, users and pairs that are counted in memory at most; about 200 bytes each")]
    [OptionRange(1000, 10_000_000)]
    public int MaxEntries { get; set; } = 100_000;

    [Option("Networks, users and pairs that are kept in the database at most")]
    [OptionRange(1000, 100_000_000)]
    public int MaxRows { get; set; } = 1_000_000;

    [Option("How often at most a node tells the others what it has counted; an attack costs so many writes and not more")]
    [OptionRange("10ms", "10s")]
    public TimeSpan ShareInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    [Option("Networks, users and pairs that are told at once; more wait for the next time")]
    [OptionRange(10, 100_000)]
    public int ShareBatch { get; set; } = 1000;

    [Option("How long the answer to a wrong password waits for the other nodes to be told")]
    [OptionRange("0s", "1m")]
    public TimeSpan ShareTimeout { get; set; } = TimeSpan.FromSeconds(2);

    [Option("How often what is over is cleared away")]
    [OptionRange("1s", "1d")]
    public TimeSpan Sweep { get; set; } = TimeSpan.FromMinutes(5);

    /// <inheritdoc/>
    public IEnumerable<string> Validate()
    {
        foreach (var network in ExemptNetworks)
        {
            if (!IPNetwork.TryParse(network, out _))
                yield return $"exempt_networks has \"{network}\", which is not a network such as 10.0.0.0/8";
        }

        if (MaxDelay < Delay)
            yield return "max_delay must not be shorter than delay";
    }

    internal LoginRule Rule(LoginKind kind) => kind switch
    {
        LoginKind.Address => new LoginRule(AddressFailures, AddressWindow, AddressBlock),
        LoginKind.User => new LoginRule(UserFailures, UserWindow, UserBlock),
        _ => new LoginRule(PairFailures, PairWindow, PairBlock),
    };
}

/// <summary>What is counted; the numbers stand in the database.</summary>
internal enum LoginKind : short
{
    Address = 1,
    User = 2,
    Pair = 3,

    /// <summary>Of keys only: an account by all of its addresses is counted as a user.</summary>
    Account = 4,
}

/// <param name="Failures">So many are too many.</param>
/// <param name="Window">Within this time.</param>
/// <param name="Block">How long the first block lasts.</param>
internal readonly record struct LoginRule(int Failures, TimeSpan Window, TimeSpan Block);
