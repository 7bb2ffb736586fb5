using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Admin;

/// <summary>The ways to give a password.</summary>
internal sealed class PasswordArguments
{
    private const string Unmistakable = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    private const int RandomLength = 20;

    private readonly Option<string?> _password = new("--password")
    {
        Description = "The password; other users of this machine may see it in the list of processes, better use --password-stdin",
        HelpName = "P",
    };

    private readonly Option<string?> _hash = new("--password-hash")
    {
        Description = "A hash from another mail server, such as {BLF-CRYPT}$2y$... or {SSHA512}...",
        HelpName = "H",
    };

    private readonly Option<bool> _stdin = new("--password-stdin") { Description = "Read the password from the first line of standard input (recommended)" };

    private readonly Option<bool> _random = new("--random-password") { Description = "Make a random password and print it" };

    private readonly Option<int?> _cost = new("--hash-cost")
    {
        Description = "Cost of the bcrypt hash, 4 to 16, in place of passwords.bcrypt_cost; low ones are for load tests",
        HelpName = "N",
    };

    /// <summary>Adds the options to a command; of the four ways at most one can be used.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _password, _hash, _stdin, _random, _cost })
            command.Add(option);
        command.Validators.Add(result =>
        {
            if (Count(result) > 1)
                result.AddError("Give the password in one way: --password, --password-hash, --password-stdin or --random-password");
            OptionLimits.Check(result, _cost, 4, 16);
        });
    }

    /// <summary>How many of the ways are used.</summary>
    public int Count(CommandResult result) =>
        (result.GetResult(_password) is null ? 0 : 1) + (result.GetResult(_hash) is null ? 0 : 1)
        + (IsOn(result, _stdin) ? 1 : 0) + (IsOn(result, _random) ? 1 : 0);

    /// <summary>Sets the cost that was asked for.</summary>
    public void ApplyCost(CommandRun run, PasswordOptions options)
    {
        if (run.Get(_cost) is { } cost)
            options.BcryptCost = cost;
    }

    /// <summary>The password that was given, or null when none was.</summary>
    /// <exception cref="AdminException">It will not do.</exception>
    public async Task<GivenPassword?> ReadAsync(CommandRun run, PasswordOptions options, CancellationToken cancellationToken)
    {
        ApplyCost(run, options);
        if (run.Get(_hash) is { } hash)
        {
            return new PasswordHasher(options).CanVerify(hash)
                ? new GivenPassword(hash, null, null)
                : throw new AdminException("The password hash has a scheme that is not known or not allowed");
        }

        string? random = null;
        var password = run.Get(_password);
        if (run.Get(_stdin))
        {
            password = await Terminal.ReadLineAsync(run.Terminal.Input, cancellationToken)
                ?? throw new AdminException("There is no password on standard input");
        }
        else if (run.Get(_random))
        {
            password = random = RandomNumberGenerator.GetString(Unmistakable, RandomLength);
        }

        if (password is null)
            return null;
        if (PasswordHasher.WhyRefused(password) is { } reason)
            throw new AdminException(reason);
        return new GivenPassword(new PasswordHasher(options).Hash(password), password, random);
    }

    private static bool IsOn(CommandResult result, Option<bool> option) => result.GetResult(option) is not null && result.GetValue(option);
}

/// <summary>A password as it is stored.</summary>
/// <param name="Hash">Its hash.</param>
/// <param name="Text">The password; null when only its hash was given.</param>
/// <param name="Random">The password, when it was made here and must be told.</param>
internal sealed record GivenPassword(string Hash, string? Text, string? Random)
{
    /// <summary>As the engine takes it.</summary>
    public NewPassword New => new(Hash, Text);
}
