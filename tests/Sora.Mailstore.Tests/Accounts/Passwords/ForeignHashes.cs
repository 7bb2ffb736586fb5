namespace Sora.Mailstore.Tests.Accounts.Passwords;

/// <summary>Hashes of one password that other programs have made: crypt(3), openssl passwd, doveadm pw, mkpasswd, htpasswd.</summary>
public static class ForeignHashes
{
    public const string Password = "correct horse";

    private static readonly string[] Texts =
    [
        "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "$2a$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
        "{BLF-CRYPT}$2y$05$nx0oSS8bYbp6OotVyotG3.6JdGLM9idWiWxx7.rviWVg5wGzxQht.",
        "{blf-crypt}$2y$05$nx0oSS8bYbp6OotVyotG3.6JdGLM9idWiWxx7.rviWVg5wGzxQht.",
        "{BLF-CRYPT.B64}JDJ5JDA1JEpOVGdLdS5oQ3luQldVM29UUXkvMi4zLkU0amluS1dCcGNZRGVEYUdxN0FaNVM4Q3pkZmdL",
        "{BLF-CRYPT.HEX}24327924303524633137624d506f6963464647794a526d5837396c772e6b73717a6b5971424655524c446c4745555938386b6b656c442e434b7a6969",
        "{CRYPT}$2y$05$oBIOpql4Z12X0nGoCQZy2.m8jZYY4zCnFKn4SqvXF65dmibyIeviq",
        "$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1",
        "$6$pepper1234$kMATAZQ44UD2ZGh3HERK7Vt/ZZQCYfKXzgvNA52KkuIDFnQu3TG3D8l7haSu1n33rf0yA8rcNjcqjYFJaycWr/",
        "{SHA512-CRYPT}$6$nLtgYgHReV0Dm/YL$jjKq88FofjFlwPvpVX6KNS97d74R9rMxhJLUQ2b/DQI9MU9FI3gbMKHeoNwDH94vOkzsKFvocl6CZhTKb5t7s/",
        "$5$rounds=1000$saltsalt$R6e4P8ccT9iMqkYg7Z8YtpId/lfsIfnuPkp8WXposU8",
        "$5$pepper1234$BuQ.g2wLcFR9IUl4eQFXb7Zlyme26/2PMfI/9//ITxA",
        "{SHA256-CRYPT}$5$THdecDltV5Zj3.hA$90bjOMuivxMS/N0cGACWIzJc49KS4UTiVsKgYxpjAT.",
        "{SHA256-CRYPT.HEX}2435242f626b2e6e777a43457344347a643464246165744b6c76366b4c724c786b726a31306f4f674938572f6b384c394638497977546b5a68787670484b43",
        "$1$saltsalt$NuzA7WTAelpl95xgBGWN60",
        "$1$pepper12$qeX6IVoHMCJwj4M9Q7MpR.",
        "{MD5-CRYPT}$1$08im4gLR$Nmjby6cWUq.fgQJFxR6ak.",
        "$y$j75$saltsaltsaltsaltsalt..$Gapyw3HtxFxB2tQy/qJRKT0NcUqsCrklxhCv96uLrB.",
        "{CRYPT}$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79",
        "{SSHA512}jDdxdTLMki14xKUTj/nxjnIX5ulPtLJiErAvfnkXa4qp+HkMbh3EjkKQQ2ktw6VGv6nIgGrgs1vZsJL/xsE4pc+gKnI=",
        "{SSHA512.B64}KmjrpHAIpD8JWRUfrPT09uSElqCILCoKMzV/erwBGKqNJcR/8XMZa8qH+WEoXhqMAPVha16S10Y6VZpSk/1i5RObCI0=",
        "{SSHA512.hex}0d6321e0cf77eca3777697190488e9da16bf69f0c747d319a7525b000c4f375f91a5ca2444b9cb3bea147213d65502fcfb8e4927cbf92bf6d8024c9c436228cdbd74a376",
        "{SHA512}VraY3v7bWkNbY0r+MyC7rz/c2SC2xQOkRvx7endrKY1HnRumqLYXgI6wv1ec6aldZoNHvKtxSQhayTyyeZUZew==",
        "{SHA512.HEX}56b698defedb5a435b634afe3320bbaf3fdcd920b6c503a446fc7b7a776b298d479d1ba6a8b617808eb0bf579ce9a95d668347bcab7149085ac93cb27995197b",
        "{SSHA256}/IdkFxX7HvxhovK4+8mIQQKb3mYYvzpE0WOwc2FNdNSFOnEy",
        "{SHA256}QQTTb42iwlQ0n4WDZ5Pr4CngyVcGOjTJHC6SAxh7VjE=",
        "{SHA256}4104d36f8da2c254349f85836793ebe029e0c957063a34c91c2e9203187b5631",
        "{SHA256.hex}4104D36F8DA2C254349F85836793EBE029E0C957063A34C91C2E9203187B5631",
        "{SSHA}6mzbfs2U56tfH2N1YuQjO3AolabRIaY9",
        "{SSHA.HEX}be166f8ae5bac5d645d54019a95cdb90578bd829a73792fb",
        "{SHA}L55TUjtiq8FBorTWAZ0jy6g129A=",
        "{PBKDF2}$1$R/hR.BU4YCLsyoa9$5000$221811f8c865b8e1463044558ae75d1f5ef1fc32",
        "{PBKDF2.HEX}24312430394e5746563862472f6f7a4c626e2f24353030302438396463386534353862353232303865393965616132656666623433363734626266376665633530",
        "{SCRAM-SHA-256}4096,CA/sP4cH7cUaDBTT0R/Qtw==,TSU3YI1Be4+x9876myXAYu0Wi72DuEshCaaKeKexY+k=,4DNbQR0KC136Lj0CH3u4nkEfYUR+4sUK07+DorLa4IQ=",
        "{SCRAM-SHA-256.B64}NDA5NixRZFp3dkdoQ0FZZlI2Q1c3OVpEVEVnPT0sY0FqWEVRM0ZXczJ6S2F3b3U4LzlxYWk2TldqY3VCQThiakFPME56WWJ2VT0sdmtLSE1LVFhZT2ZBWndRRGtUMGhIeE5WejdaU1g2YkdUWG13eDJzektKVT0=",
        "{PLAIN}correct horse",
        "{CLEARTEXT}correct horse",
        "{PLAIN.B64}Y29ycmVjdCBob3JzZQ==",
        "{PLAIN.HEX}636f727265637420686f727365",
        "$2b$05$9K2u05LCfshDspLNnh1z2OWlNzyMI7bdd/f1BXd.0npwDHY9t91Xy",
        "$2a$05$WAckNnCVNJ8a3TO44HV.4.qH3nePe6PGzDvQvBpjq6MBp13PE/ZqK",
        "$2y$05$Qstr.q6zQxpPyiN9Dcp5QekjMlGVImAahzOLlGBD6VfQ8cVfzEtkW",
        "$y$j9T$70Amt9Pyic476A5zKdV10/$nhqXJNCgNpTzUy4H14eIoo3DIjl4ANeRvPndTbbIIb1",
        "$y$jBT$wcPMRB/CxsMCUmAF5XxD0.$niaoJlyGzoJh1.T8Va7sNn4pQJdLDVjbdpqmJ73YCq0",
        "{CRYPT}$6$CqlHHC56.acwSmTv$iCjxDt.gxhqqPvPwQhPZz9IwuPTwA364IB/xiFjxDmz.2T.83DVfW1eRQ.rwQLJtKRYXkDIaquT4.NSL1fVRs0",
        "{SHA512-CRYPT}$6$rounds=10000$lDnsASvqIdSNOJqu$j2gTgKZ8p8up4GWI1hrQTgmQg5SHbWq9mhfW.MZji8a1JZ5OOq/QD0ZJQkSzV4eyxCRRXW1Dmq6ZIabVHZPhr0",
        "$6$9/VNN3GVYKg6Rny3$AVcM.nxUWHqRchL6y1T/cb0ZyKlub1Twe4evSHhCwaUr7R4EGB.c2akw95rD0.vWvjxKnjJXNygSJcqWJKdQV1",
        "$5$n99FqOJKwzCjv1EK$GSjrVbhkZQeoL1GBkvrDNEOkm6oYJ8K1g1qQo4HxUj/",
        "{SHA512-CRYPT.B64}JDYkSndxLnlzblN1L2l6YmZqZCRCMjZLdE9sVDEvYldPWVNhNUptdDBOcGxuby9LdVhLUHIxNHVOcExZbE1CMkN5d3kuNUt5aFZjSWZwbk1kTi9DMUFwL2h6cC9FS0cwOGtSb0tUVnRhLg==",
        "{MD5}$1$XSJ58n93$h3pjDdOWDb3PYxAKrnFgp0",
        "{CRYPT}$1$TRIykqje$Wr3XgnBvH1UvujVkArnhI0",
        "{PBKDF2}$1$zJkNU7Rghz8SwdF9$5000$def35dc356a3512c3b10ba5e362a1a7338799be3",
        "{PBKDF2.B64}JDEkc00yckpDdk1xWk5tdDB2cyQ1MDAwJDE1YzQwN2I5Yjk2ZjhlN2RhOWFhMjRlNWM0NjdhNWExMzIwM2RlZmM=",
        "{SCRAM-SHA-1}4096,zkCeUOgFPrpR+lRk0y6RZQ==,gPKSP1/T+EdyxknnE6hMgq40JrY=,Go5ExW8tS40KqQbpqfC952wsh7c=",
        "{SHA1}L55TUjtiq8FBorTWAZ0jy6g129A=",
        "{SMD5}iWhIlEYFntDyC3sz0F9MU9qgvGc=",
        "{SMD5.HEX}2c072f27e136901a2371b3d6fd18c389ee878e6f",
        "{LDAP-MD5}PLTnMmMfR+brlh80VUt83g==",
        "{PLAIN-MD5}3cb4e732631f47e6eb961f34554b7cde",
        "{PLAIN-MD5.B64}PLTnMmMfR+brlh80VUt83g==",
    ];

    public static TheoryData<string> All => [.. Texts];

    public static IReadOnlyList<string> Hashed { get; } = [.. Texts.Where(static text => !text.StartsWith("{PLAIN}", StringComparison.Ordinal) && !text.StartsWith("{PLAIN.", StringComparison.Ordinal)
        && !text.StartsWith("{CLEAR", StringComparison.Ordinal))];
}
