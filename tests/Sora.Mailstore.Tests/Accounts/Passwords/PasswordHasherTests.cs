using System.Text;
using Sora.Mailstore.Accounts.Passwords;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

public sealed class PasswordHasherTests
{
    private const string Password = "correct horse";

    private static readonly PasswordHasher Hasher = new(new PasswordOptions { BcryptCost = 4, AllowPlain = true });

    // Made with crypt(3), openssl passwd and doveadm pw
    [Theory]
    [InlineData("$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e")]
    [InlineData("$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e")]
    [InlineData("$2a$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e")]
    [InlineData("{BLF-CRYPT}$2y$05$nx0oSS8bYbp6OotVyotG3.6JdGLM9idWiWxx7.rviWVg5wGzxQht.")]
    [InlineData("{blf-crypt}$2y$05$nx0oSS8bYbp6OotVyotG3.6JdGLM9idWiWxx7.rviWVg5wGzxQht.")]
    [InlineData("{BLF-CRYPT.B64}JDJ5JDA1JEpOVGdLdS5oQ3luQldVM29UUXkvMi4zLkU0amluS1dCcGNZRGVEYUdxN0FaNVM4Q3pkZmdL")]
    [InlineData("{BLF-CRYPT.HEX}24327924303524633137624d506f6963464647794a526d5837396c772e6b73717a6b5971424655524c446c4745555938386b6b656c442e434b7a6969")]
    [InlineData("{CRYPT}$2y$05$oBIOpql4Z12X0nGoCQZy2.m8jZYY4zCnFKn4SqvXF65dmibyIeviq")]
    [InlineData("$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1")]
    [InlineData("$6$pepper1234$kMATAZQ44UD2ZGh3HERK7Vt/ZZQCYfKXzgvNA52KkuIDFnQu3TG3D8l7haSu1n33rf0yA8rcNjcqjYFJaycWr/")]
    [InlineData("{SHA512-CRYPT}$6$nLtgYgHReV0Dm/YL$jjKq88FofjFlwPvpVX6KNS97d74R9rMxhJLUQ2b/DQI9MU9FI3gbMKHeoNwDH94vOkzsKFvocl6CZhTKb5t7s/")]
    [InlineData("$5$rounds=1000$saltsalt$R6e4P8ccT9iMqkYg7Z8YtpId/lfsIfnuPkp8WXposU8")]
    [InlineData("$5$pepper1234$BuQ.g2wLcFR9IUl4eQFXb7Zlyme26/2PMfI/9//ITxA")]
    [InlineData("{SHA256-CRYPT}$5$THdecDltV5Zj3.hA$90bjOMuivxMS/N0cGACWIzJc49KS4UTiVsKgYxpjAT.")]
    [InlineData("{SHA256-CRYPT.HEX}2435242f626b2e6e777a43457344347a643464246165744b6c76366b4c724c786b726a31306f4f674938572f6b384c394638497977546b5a68787670484b43")]
    [InlineData("$1$saltsalt$NuzA7WTAelpl95xgBGWN60")]
    [InlineData("$1$pepper12$qeX6IVoHMCJwj4M9Q7MpR.")]
    [InlineData("{MD5-CRYPT}$1$08im4gLR$Nmjby6cWUq.fgQJFxR6ak.")]
    [InlineData("$y$j75$saltsaltsaltsaltsalt..$Gapyw3HtxFxB2tQy/qJRKT0NcUqsCrklxhCv96uLrB.")]
    [InlineData("{CRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79")]
    [InlineData("{SSHA512}jDdxdTLMki14xKUTj/nxjnIX5ulPtLJiErAvfnkXa4qp+HkMbh3EjkKQQ2ktw6VGv6nIgGrgs1vZsJL/xsE4pc+gKnI=")]
    [InlineData("{SSHA512.B64}KmjrpHAIpD8JWRUfrPT09uSElqCILCoKMzV/erwBGKqNJcR/8XMZa8qH+WEoXhqMAPVha16S10Y6VZpSk/1i5RObCI0=")]
    [InlineData("{SSHA512.hex}0d6321e0cf77eca3777697190488e9da16bf69f0c747d319a7525b000c4f375f91a5ca2444b9cb3bea147213d65502fcfb8e4927cbf92bf6d8024c9c436228cdbd74a376")]
    [InlineData("{SHA512}VraY3v7bWkNbY0r+MyC7rz/c2SC2xQOkRvx7endrKY1HnRumqLYXgI6wv1ec6aldZoNHvKtxSQhayTyyeZUZew==")]
    [InlineData("{SHA512.HEX}56b698defedb5a435b634afe3320bbaf3fdcd920b6c503a446fc7b7a776b298d479d1ba6a8b617808eb0bf579ce9a95d668347bcab7149085ac93cb27995197b")]
    [InlineData("{SSHA256}/IdkFxX7HvxhovK4+8mIQQKb3mYYvzpE0WOwc2FNdNSFOnEy")]
    [InlineData("{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=")]
    [InlineData("{SHA256}4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631")]
    [InlineData("{SHA256.hex}4104D36F8DA2C254349F85836793EBE029E0C957063A34C91C2E9203187B5631")]
    [InlineData("{SSHA}6mzbfs2U56tfH2N1YuQjO3AolabRIaY9")]
    [InlineData("{SSHA.HEX}be166f8ae5bac5d645d54019a95cdb90578bd829a73792fb")]
    [InlineData("{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=")]
    [InlineData("{PBKDF2}$1$R/hR.BU4YCLsyoa9$5000$221811f8c865b8e1463044558ae75d1f5ef1fc32")]
    [InlineData("{PBKDF2.HEX}24312430394e5746563862472f6f7a4c626e2f24353030302438396463386534353862353232303865393965616132656666623433363734626266376665633530")]
    [InlineData("{SCRAM-SHA-256}4096,CA/sP4cH7cUaDBTT0R/Qtw==,TSU3YI1Be4+x9876myXAYu0Wi72DuEshCaaKeKexY+k=,4DNbQR0KC136Lj0CH3u4nkEfYUR+4sUK07+DorLa4IQ=")]
    [InlineData("{SCRAM-SHA-256.B64}NDA5NixRZFp3dkdoQ0FZZlI2Q1c3OVpEVEVnPT0sY0FqWEVRM0ZXczJ6S2F3b3U4LzlxYWk2TldqY3VCQThiakFPME56WWJ2VT0sdmtLSE1LVFhZT2ZBWndRRGtUMGhIeE5WejdaU1g2YkdUWG13eDJzektKVT0=")]
    [InlineData("{PLAIN}correct horse")]
    [InlineData("{CLEARTEXT}correct horse")]
    [InlineData("{PLAIN.B64}Y29ycmVjdCBob3JzZQ==")]
    [InlineData("{PLAIN.HEX}636f727265637420686f727365")]
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
