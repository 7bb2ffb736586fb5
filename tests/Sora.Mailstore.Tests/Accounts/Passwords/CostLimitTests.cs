using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

/// <summary>Hashes that would keep a worker busy for hours are not checked; those within the options are.</summary>
public sealed class CostLimitTests
{
    private const string Digest = "CZFnQRAxXJTfUNQfwzZyfLkwk6HQ7HL5UeZLxI9WvWdPjMkQmfvW7P2l6b8MmT2NqCGQDPGHZYq8SLvKjYzpq/";

    [Theory]
    [InlineData("$2b$16$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", true)]
    [InlineData("$2b$17$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false)]
    [InlineData("{BLF-CRYPT}$2y$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false)]
    [InlineData("{CRYPT}$2a$99$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false)]
    [InlineData("$2b$1", false)]
    [InlineData("$2b$+4$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false)]
    [InlineData("$6$saltsalt$" + Digest, true)]
    [InlineData("$6$rounds=2000000$saltsalt$" + Digest, true)]
    [InlineData("$6$rounds=2000001$saltsalt$" + Digest, false)]
    [InlineData("{SHA512-CRYPT}$6$rounds=999999999$saltsalt$" + Digest, false)]
    [InlineData("{SHA256-CRYPT}$5$rounds=999999999$saltsalt$" + Digest, false)]
    [InlineData("$6$rounds=99999999999999999999$saltsalt$" + Digest, false)]
    [InlineData("$6$rounds=999999999", false)]
    [InlineData("{PBKDF2}$1$salt$2000000$221811f8c865b8e1463044558ae75d1f5ef1fc32", true)]
    [InlineData("{PBKDF2}$1$salt$2000001$221811f8c865b8e1463044558ae75d1f5ef1fc32", false)]
    [InlineData("{PBKDF2}$1$salt$2147483647$221811f8c865b8e1463044558ae75d1f5ef1fc32", false)]
    [InlineData("{PBKDF2}$1$salt$2147483648$221811f8c865b8e1463044558ae75d1f5ef1fc32", false)]
    [InlineData("{SCRAM-SHA-1}2000000,zkCeUOgFPrpR+lRk0y6RZQ==,gPKSP1/T+EdyxknnE6hMgq40JrY=,Go5ExW8tS40KqQbpqfC952wsh7c=", true)]
    [InlineData("{SCRAM-SHA-1}2000001,zkCeUOgFPrpR+lRk0y6RZQ==,gPKSP1/T+EdyxknnE6hMgq40JrY=,Go5ExW8tS40KqQbpqfC952wsh7c=", false)]
    [InlineData("$y$j75$saltsaltsaltsaltsalt..$Gapyw3HtxFxB2tQy/qJRKT0NcUqsCrklxhCv96uLrB.", true)] // 1 MiB
    [InlineData("$y$j9T$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1", true)] // 16 MiB
    [InlineData("$y$jBT$wcPMRB/CxsMCUmAF5XxD0.$niaoJlyGzoJh1.T8Va7sNn4pQJdLDVjbdpqmJ73YCq0", true)] // 64 MiB, made with mkpasswd
    [InlineData("$y$jCT$pbVA4HbXdqfrLvXx6NaJN0$.7fmru0/JsZXOzGXFJpuuV29xYnda/XpxVYiB4yPNW.", false)] // 128 MiB, made with mkpasswd
    [InlineData("$y$jzT$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1", false)]
    [InlineData("$y$j9zzzzzz$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1", false)]
    [InlineData("$y$j9T/zzz$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1", false)] // t, which makes it take longer
    [InlineData("$y$j9T5.$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1", false)] // a ROM
    [InlineData("$y$j9", false)]
    [InlineData("$y$j9!$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1", false)]
    public void What_costs_more_than_is_allowed_is_not_checked(string stored, bool allowed)
    {
        var hasher = new PasswordHasher(new PasswordOptions());
        hasher.CanVerify(stored).ShouldBe(allowed);

        // Would go on for hours
        if (!allowed)
            hasher.Verify("correct horse", stored).ShouldBeFalse();
    }

    [Fact]
    public void The_limits_are_options()
    {
        var strict = new PasswordHasher(new PasswordOptions
        {
            BcryptCost = 4, ScramIterations = 4096, MaxBcryptCost = 4, MaxCryptRounds = 5000, MaxPbkdf2Rounds = 4096, MaxYescryptMemory = Configuration.ByteSize.MiB(1),
        });
        strict.Verify("correct horse", "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e").ShouldBeTrue();
        strict.Verify("correct horse", "$y$j75$saltsaltsaltsaltsalt..$Gapyw3HtxFxB2tQy/qJRKT0NcUqsCrklxhCv96uLrB.").ShouldBeTrue();
        foreach (var dear in new[]
        {
            "$2b$05$9K2u05LCfshDspLNnh1z2OWlNzyMI7bdd/f1BXd.0npwDHY9t91Xy",
            "$6$rounds=10000$lDnsASvqIdSNOJqu$j2gTgKZ8p8up4GWI1hrQTgmQg5SHbWq9mhfW.MZji8a1JZ5OOq/QD0ZJQkSzV4eyxCRRXW1Dmq6ZIabVHZPhr0",
            "{PBKDF2}$1$zJkNU7Rghz8SwdF9$5000$def35dc356a3512c3b10ba5e362a1a7338799be3",
            "$y$j9T$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1",
        })
        {
            strict.Verify("correct horse", dear).ShouldBeFalse(dear);
            new PasswordHasher(new PasswordOptions()).Verify("correct horse", dear).ShouldBeTrue(dear);
        }

        new PasswordOptions { BcryptCost = 12, MaxBcryptCost = 10 }.Validate().ShouldHaveSingleItem();
        new PasswordOptions { ScramIterations = 10_000, MaxPbkdf2Rounds = 4096 }.Validate().ShouldHaveSingleItem();
    }

    // The keys behind a hash let a password in by themselves, after as many rounds as they say
    [Fact]
    public void Keys_of_too_many_rounds_do_not_count_beside_a_hash_either()
    {
        var made = new PasswordHasher(new PasswordOptions { BcryptCost = 4, ScramIterations = 5000 }).Hash("battery staple");
        var stored = "{BLF-CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e" + made[made.IndexOf(' ', StringComparison.Ordinal)..];
        new PasswordHasher(new PasswordOptions()).Verify("battery staple", stored).ShouldBeTrue();
        var strict = new PasswordHasher(new PasswordOptions { BcryptCost = 4, ScramIterations = 4096, MaxPbkdf2Rounds = 4096 });
        strict.Verify("battery staple", stored).ShouldBeFalse();
        strict.Verify("correct horse", stored).ShouldBeTrue();
    }

    /// <summary>A wrong password costs the rounds of bcrypt that an unknown user costs, whatever is stored; each step of the cost doubles them.</summary>
    [Theory]
    [InlineData("$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", 1 << 4)]
    [InlineData("{BLF-CRYPT}$2y$09$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", 1 << 9)]
    [InlineData("$2b$10$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", 1 << 10)]
    [InlineData("$2b$10$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e {SCRAM-SHA-1}4096,zkCeUOgFPrpR+lRk0y6RZQ==,gPKSP1/T+EdyxknnE6hMgq40JrY=,Go5ExW8tS40KqQbpqfC952wsh7c=", 1 << 10)]
    [InlineData("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", 0)]
    [InlineData("{PLAIN}secret", 0)] // not allowed: nothing was hashed
    [InlineData("$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", 0)]
    [InlineData("$6$saltsalt$" + Digest, 0)]
    [InlineData("broken", 0)]
    [InlineData("{LOOKUP}", 0)]
    public void A_wrong_password_is_made_up_to_the_cost_of_an_unknown_user(string stored, int paid)
    {
        var rest = new PasswordHasher(new PasswordOptions { BcryptCost = 12 }).RestOf(stored).ToList();
        (paid + rest.Sum(static cost => 1 << cost)).ShouldBe(1 << 12);
        rest.ShouldAllBe(static cost => cost >= 4);
    }

    [Fact]
    public void A_dearer_hash_than_new_ones_has_nothing_left_to_pay() =>
        new PasswordHasher(new PasswordOptions { BcryptCost = 10 }).RestOf("$2b$12$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e").ShouldBeEmpty();
}
