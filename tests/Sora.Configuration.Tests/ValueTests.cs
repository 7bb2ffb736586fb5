using Sora.Configuration.Model;

namespace Sora.Configuration.Tests;

public sealed class ValueTests
{
    [Theory]
    [InlineData("0", 0, "0")]
    [InlineData("1023", 1023, "1023")]
    [InlineData("1024", 1024, "1KiB")]
    [InlineData("1024b", 1024, "1KiB")]
    [InlineData("64KiB", 65536, "64KiB")]
    [InlineData(" 50mb ", 50L << 20, "50MiB")]
    [InlineData("1 g", 1L << 30, "1GiB")]
    [InlineData("3TB", 3L << 40, "3TiB")]
    [InlineData("7pib", 7L << 50, "7PiB")]
    [InlineData("1536", 1536, "1536")]
    [InlineData("9223372036854775807", long.MaxValue, "9223372036854775807")]
    public void ASizeIsReadAndWritten(string text, long bytes, string written)
    {
        ByteSize.Parse(text).ShouldBe(new ByteSize(bytes));
        new ByteSize(bytes).ToString().ShouldBe(written);
    }

    [Theory]
    [InlineData("")]
    [InlineData("kb")]
    [InlineData("-1")]
    [InlineData("1.5k")]
    [InlineData("1kk")]
    [InlineData("1 x")]
    [InlineData("1bb")]
    [InlineData("8192p")]
    [InlineData("9223372036854775808")]
    public void OtherTextIsNoSize(string text)
    {
        ByteSize.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => ByteSize.Parse(text));
    }

    [Theory]
    [InlineData("0", 0, "0")]
    [InlineData("0s", 0, "0")]
    [InlineData("250ms", 250, "250ms")]
    [InlineData("30s", 30_000, "30s")]
    [InlineData("1m30s", 90_000, "1m30s")]
    [InlineData("90m", 5_400_000, "1h30m")]
    [InlineData("1.5h", 5_400_000, "1h30m")]
    [InlineData("1 h 30 m", 5_400_000, "1h30m")]
    [InlineData("2w", 1_209_600_000, "14d")]
    [InlineData("1d1ms", 86_400_001, "1d1ms")]
    public void ADurationIsReadAndWritten(string text, double milliseconds, string written)
    {
        Duration.Parse(text).TotalMilliseconds.ShouldBe(milliseconds);
        Duration.Format(Duration.Parse(text)).ShouldBe(written);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("1s1m")]
    [InlineData("1s1s")]
    [InlineData("1.s")]
    [InlineData("1..5s")]
    [InlineData("1y")]
    [InlineData("5M")]
    [InlineData("99999999d")]
    [InlineData("99999999999999999999w")]
    public void OtherTextIsNoDuration(string text)
    {
        Duration.TryParse(text, out _).ShouldBeFalse();
        Should.Throw<FormatException>(() => Duration.Parse(text));
    }

    [Fact]
    public void AnyDurationIsReadAsItWasWritten()
    {
        var random = new Random(3);
        for (var i = 0; i < 1000; i++)
        {
            var duration = TimeSpan.FromTicks(random.NextInt64(TimeSpan.MaxValue.Ticks) >> random.Next(60));
            Duration.Parse(Duration.Format(duration)).ShouldBe(duration);
        }
    }

    [Theory]
    [InlineData("MaxLine", "max_line")]
    [InlineData("TLSMode", "tls_mode")]
    [InlineData("S3", "s3")]
    [InlineData("S3Bucket", "s3_bucket")]
    [InlineData("PerIP", "per_ip")]
    [InlineData("already_snake", "already_snake")]
    public void KeysAreSnakeCase(string name, string key) => SnakeCase.Of(name).ShouldBe(key);

    [Theory]
    [InlineData(typeof(NoSetter), "needs a setter")]
    [InlineData(typeof(OddType), "none of an option")]
    [InlineData(typeof(SecretNumber), "must be a string")]
    [InlineData(typeof(BadRange), "no bound")]
    [InlineData(typeof(EmptyRange), "is none for")]
    [InlineData(typeof(TwiceTheKey), "two options with the key 'password_file'")]
    public void ABrokenOptionsClassIsABugOfItsAuthor(Type type, string message) =>
        Should.Throw<InvalidOperationException>(() => SectionModel.Of(type)).Message.ShouldContain(message);

    private sealed class NoSetter
    {
        [Option("x")]
        public int X { get; }
    }

    private sealed class OddType
    {
        [Option("x")]
        public Uri? X { get; set; }
    }

    private sealed class SecretNumber
    {
        [Option("x", Secret = true)]
        public int X { get; set; }
    }

    private sealed class BadRange
    {
        [Option("x")]
        [OptionRange("1s", "many")]
        public TimeSpan X { get; set; }
    }

    private sealed class EmptyRange
    {
        [Option("x")]
        [OptionRange(2, 1)]
        public int X { get; set; }
    }

    private sealed class TwiceTheKey
    {
        [Option("x", Secret = true)]
        public string? Password { get; set; }

        [Option("x")]
        public string? PasswordFile { get; set; }
    }
}
