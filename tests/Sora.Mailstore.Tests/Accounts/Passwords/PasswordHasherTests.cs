using System.Text;
using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

public sealed class PasswordHasherTests
{
    private const string Password = ForeignHashes.Password;

    private static readonly PasswordHasher Hasher = new(new PasswordOptions { BcryptCost = 4, AllowPlain = true });

    [Theory]
    [MemberData(nameof(ForeignHashes.All), MemberType = typeof(ForeignHashes))]
    public void Hashes_of_other_programs_match_their_password_and_no_other(string stored)
    {
        Hasher.CanVerify(stored).ShouldBeTrue();
        Hasher.Verify(Password, stored).ShouldBeTrue();
        foreach (var wrong in new[] { "", "correct", "correct hors", "correct horse ", "Correct horse", "correct horse\0", "correct horse\0x" })
            Hasher.Verify(wrong, stored).ShouldBeFalse($"'{wrong}'");
    }

    [Theory]
    [InlineData("")]
    [InlineData("correct horse")]
    [InlineData("{PLAIN")]
    [InlineData("{}correct horse")]
    [InlineData("{ROT13}pbeerpg ubefr")]
    [InlineData("{PLAIN.ROT13}correct horse")]
    [InlineData("{PLAIN.HEX}6")]
    [InlineData("{PLAIN.B64}Y29")]
    [InlineData("{CRYPT}rqXexS6ZhobKA")] // DES
    [InlineData("rqXexS6ZhobKA")]
    [InlineData("{CRYPT}*0")]
    [InlineData("{SHA512-CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e")]
    [InlineData("{BLF-CRYPT}$1$saltsalt$NuzA7WTAelpl95xgBGWN60")]
    [InlineData("{BLF-CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\0")]
    [InlineData("{BLF-CRYPT}$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6\u00e9")]
    [InlineData("{SHA512}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=")]
    [InlineData("{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjEA")]
    [InlineData("{SSHA256}QQTTb42iwlQ0n4WDZ5Pr")]
    [InlineData("{SSHA256}!")]
    [InlineData("{PBKDF2}$1$salt$0$221811f8c865b8e1463044558ae75d1f5ef1fc32")]
    [InlineData("{SMD5}iWhIlEYFntDyC3sz0F9M")]
    [InlineData("{PLAIN-MD5}3cb4e732631f47e6eb961f34554b7cd")]
    [InlineData("{PLAIN-MD4}c8a4d3b3a9a0b4b1d7f5a0a8a2f7b4c1")]
    [InlineData("{ARGON2ID}$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo")]
    [InlineData("$argon2id$v=19$m=65536,t=3,p=1$c29tZXNhbHQ$GpZ3sK/oH9p7VIiV56G/64Zo/8GaUw434IimaPqxwCo")]
    [InlineData("$apr1$pr6TlkNJ$6OFxzNbV75PHsPahsjGYK.")]
    [InlineData("$7$CU..../....2Q9obwLhin8qvQl6sisAO/$E1HizYWxBmnIH4sdPkd1UOML9t62Gf.wvNTnt5XFzs8")]
    [InlineData("{PBKDF2}$1$salt$99999999$221811f8c865b8e1463044558ae75d1f5ef1fc32")]
    [InlineData("{PBKDF2}$1$salt$5000$221811f8c865b8e1463044558ae75d1f5ef1fc3z")]
    [InlineData("{PBKDF2}$1$salt$5000$22")]
    [InlineData("{PBKDF2}$2$salt$5000$221811f8c865b8e1463044558ae75d1f5ef1fc32")]
    [InlineData("{SCRAM-SHA-256}4096,CA/sP4cH7cUaDBTT0R/Qtw==,TSU3YI1Be4+x9876myXAYu0Wi72DuEshCaaKeKexY+k=")]
    [InlineData("{SCRAM-SHA-256}-1,CA/sP4cH7cUaDBTT0R/Qtw==,TSU3YI1Be4+x9876myXAYu0Wi72DuEshCaaKeKexY+k=,4DNbQR0KC136Lj0CH3u4nkEfYUR+4sUK07+DorLa4IQ=")]
    [InlineData("{SCRAM-SHA-256}4096,CA/sP4cH7cUaDBTT0R/Qtw==,,4DNbQR0KC136Lj0CH3u4nkEfYUR+4sUK07+DorLa4IQ=")]
    public void Broken_and_unknown_stored_texts_match_nothing(string stored)
    {
        Hasher.CanVerify(stored).ShouldBeFalse();
        Hasher.Verify(Password, stored).ShouldBeFalse();
        Hasher.Verify("", stored).ShouldBeFalse();
        Hasher.NeedsRehash(stored).ShouldBeTrue();
    }

    /// <summary>Well formed enough to get as far as libcrypt, which then refuses them or yields something longer or shorter.</summary>
    [Theory]
    [InlineData("$2b$04$short")]
    [InlineData("$2b$99$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e")]
    [InlineData("$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6")]
    [InlineData("$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6ee")]
    [InlineData("$2b$04$abcdefghijklmnopqrstuu")]
    [InlineData("$6$")]
    [InlineData("$6$saltsalt")]
    [InlineData("$1$saltsalt$")]
    [InlineData("$y$")]
    [InlineData("$5$rounds=x$salt$hash")]
    public void Broken_crypt_hashes_match_nothing(string stored)
    {
        Hasher.Verify(Password, stored).ShouldBeFalse();
        Hasher.Verify("", stored).ShouldBeFalse();
    }

    [Fact]
    public void Stored_texts_without_limit_match_nothing() =>
        Hasher.CanVerify("{SSHA512.HEX}" + new string('0', 4000)).ShouldBeFalse();

    [Theory]
    [InlineData("pässwörd €", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.a9MeHAB6wWWF48to3nd78PLrs6BFBci")]
    [InlineData("", "$2b$04$abcdefghijklmnopqrstuubyCG3zY1GIXMyxfivm.ClDiInHzxjiq")]
    public void Passwords_are_taken_as_utf8(string password, string stored)
    {
        Hasher.Verify(password, stored).ShouldBeTrue();
        Hasher.Verify(password + "x", stored).ShouldBeFalse();
    }

    [Theory]
    [InlineData(71, false)]
    [InlineData(72, true)]
    [InlineData(80, true)]
    [InlineData(511, true)]
    [InlineData(512, false)]
    [InlineData(100_000, false)]
    public void Bcrypt_of_others_looks_at_72_bytes(int length, bool expected) =>
        Hasher.Verify(new string('a', length), "$2b$04$abcdefghijklmnopqrstuuBzzIgyKkz7xMWYSzkIjUSnxEQFQ0WNe").ShouldBe(expected);

    [Fact]
    public void A_new_hash_is_bcrypt_of_the_cost_with_its_own_salt()
    {
        var first = Hasher.Hash(Password);
        var second = Hasher.Hash(Password);
        first.ShouldStartWith("{BLF-CRYPT}$2b$04$");
        first.Split(' ')[0].Length.ShouldBe("{BLF-CRYPT}".Length + 60);
        second.ShouldNotBe(first);
        Hasher.Verify(Password, first).ShouldBeTrue();
        Hasher.Verify(Password, second).ShouldBeTrue();
        Hasher.Verify("wrong", first).ShouldBeFalse();
        new PasswordHasher(new PasswordOptions { BcryptCost = 6 }).Hash(Password).ShouldStartWith("{BLF-CRYPT}$2b$06$");
    }

    public static TheoryData<string, bool> NewPasswords => new()
    {
        { "x", true },
        { new string('a', 72), true },
        { new string('é', 36), true },
        { "", false },
        { "a\0b", false },
        { new string('a', 73), false },
        { new string('é', 37), false },
    };

    [Theory]
    [MemberData(nameof(NewPasswords))]
    public void What_bcrypt_could_not_keep_apart_is_refused(string password, bool taken)
    {
        if (taken)
        {
            PasswordHasher.WhyRefused(password).ShouldBeNull();
            Hasher.Verify(password, Hasher.Hash(password)).ShouldBeTrue();
        }
        else
        {
            PasswordHasher.WhyRefused(password).ShouldNotBeNull();
            Should.Throw<ArgumentException>(() => Hasher.Hash(password));
        }
    }

    [Theory]
    [InlineData("{PLAIN}correct horse")]
    [InlineData("{CLEAR.HEX}636f727265637420686f727365")]
    public void Plain_passwords_need_the_option(string stored)
    {
        var strict = new PasswordHasher(new PasswordOptions());
        strict.Verify(Password, stored).ShouldBeFalse();
        strict.CanVerify(stored).ShouldBeFalse();
    }

    [Theory]
    [InlineData("{BLF-CRYPT}$2b$10$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false)]
    [InlineData("$2y$11$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", false)]
    [InlineData("$2b$09$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", true)]
    [InlineData("$2a$12$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", true)]
    [InlineData("$6$pepper1234$kMATAZQ44UD2ZGh3HERK7Vt/ZZQCYfKXzgvNA52KkuIDFnQu3TG3D8l7haSu1n33rf0yA8rcNjcqjYFJaycWr/", true)]
    [InlineData("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=", true)]
    public void Weaker_hashes_need_a_new_one(string stored, bool expected) =>
        new PasswordHasher(new PasswordOptions { BcryptCost = 10 }).NeedsRehash(stored).ShouldBe(expected);

    [Theory]
    [InlineData("correct horse")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void The_dummy_matches_nothing(string password) => Hasher.VerifyDummy(password).ShouldBeFalse();

    [Fact]
    public void A_missing_library_is_one_readable_line()
    {
        var error = Should.Throw<PlatformNotSupportedException>(() => Crypt.Load(["libno-such-crypt.so.7"]));
        error.Message.ShouldContain("libno-such-crypt.so.7");
        error.Message.ShouldContain("install");
        error.Message.ShouldNotContain('\n');
    }

    [Fact]
    public void Any_text_is_parsed_without_an_exception()
    {
        var random = new Random(20_251_122);
        string[] starts = ["", "{", "{SSHA512", "{SSHA.HEX}", "{PBKDF2}$1$", "{SCRAM-SHA-256}1,", "{CRYPT}$6$", "$2b$04$", "{PLAIN.B64}"];
        var text = new StringBuilder();
        for (var round = 0; round < 2000; round++)
        {
            text.Clear().Append(starts[random.Next(starts.Length)]);
            for (var i = random.Next(80); i > 0; i--)
                text.Append((char)(random.Next(20) == 0 ? random.Next(0x10000) : random.Next(0x20, 0x7F)));
            Should.NotThrow(() => Hasher.CanVerify(text.ToString()));
            Should.NotThrow(() => Hasher.NeedsRehash(text.ToString()));
        }
    }
}
