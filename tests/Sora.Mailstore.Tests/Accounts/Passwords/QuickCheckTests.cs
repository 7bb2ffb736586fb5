using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

/// <summary>A password that is checked by its SCRAM keys before bcrypt.</summary>
public sealed class QuickCheckTests
{
    // bcrypt of "correct horse", and keys of another password: which of them decided can be told
    private const string Bcrypt = "{BLF-CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e";

    [Theory]
    [InlineData("{SCRAM-SHA-256}")]
    [InlineData("{SCRAM-SHA-1}")]
    public void Either_the_keys_or_bcrypt_may_say_yes(string scheme)
    {
        var hasher = new PasswordHasher(new PasswordOptions { BcryptCost = 4, ScramIterations = 4096, Scram = [scheme.Trim('{', '}')] });
        var stored = $"{Bcrypt} {Keys(hasher, "battery staple", scheme)}";
        hasher.Verify("battery staple", stored).ShouldBeTrue();
        hasher.Verify("correct horse", stored).ShouldBeTrue();
        foreach (var wrong in new[] { "", "battery", "battery staple\0", "correct horse\0", new string('x', 5000) })
            hasher.Verify(wrong, stored).ShouldBeFalse();
    }

    [Fact]
    public void Switched_off_only_bcrypt_decides()
    {
        var options = new PasswordOptions { BcryptCost = 4, ScramIterations = 4096, Scram = ["SCRAM-SHA-256"] };
        var stored = $"{Bcrypt} {Keys(new PasswordHasher(options), "battery staple", "{SCRAM-SHA-256}")}";
        options.QuickCheck = false;
        new PasswordHasher(options).Verify("battery staple", stored).ShouldBeFalse();
        new PasswordHasher(options).Verify("correct horse", stored).ShouldBeTrue();
    }

    [Fact]
    public async Task A_name_that_does_not_exist_waits_for_its_turn_and_has_a_password_hashed_as_any_other()
    {
        var options = new PasswordOptions { BcryptCost = 4, ScramIterations = 4096, Workers = 1 };
        using var verifier = new PasswordVerifier(new PasswordHasher(options), options, TimeProvider.System);
        (await verifier.VerifyAsync("anna", "wrong", Bcrypt, default)).ShouldBeFalse();
        verifier.Checks.ShouldBe(1);
        (await verifier.VerifyDummyAsync("nobody", "wrong", default)).ShouldBeFalse();
        verifier.Checks.ShouldBe(2);
        (await verifier.VerifyDummyAsync("nobody", "wrong", default)).ShouldBeFalse(); // nothing is remembered of it
        verifier.Checks.ShouldBe(3);
    }

    private static string Keys(PasswordHasher hasher, string password, string scheme)
    {
        var stored = hasher.Hash(password);
        return stored[stored.IndexOf(scheme, StringComparison.Ordinal)..];
    }
}
