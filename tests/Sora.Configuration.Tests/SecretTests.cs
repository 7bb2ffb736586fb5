namespace Sora.Configuration.Tests;

public sealed class SecretTests : IDisposable
{
    private readonly Loading _loading = new();

    public void Dispose() => _loading.Dispose();

    [Theory]
    [InlineData("s3cret", "s3cret")]
    [InlineData("s3cret\n", "s3cret")]
    [InlineData("s3cret\r\n", "s3cret")]
    [InlineData(" two\nlines \n\n", " two\nlines \n")]
    [InlineData("", "")]
    public void AFileBesideTheConfigurationHoldsTheSecret(string content, string expected)
    {
        _loading.WriteFile("secret", content);
        var result = _loading.Load("[database]\npassword_file = 'secret'");
        result.Value.Database.Password.ShouldBe(expected);
        result.OriginOf("database.password").Source.ShouldEndWith("config.toml:2");
    }

    [Fact]
    public void AListHasOneValuePerLine()
    {
        _loading.WriteFile("keys", "one\r\n\n two\n");
        _loading.Load("[database]\napi_keys = []\napi_keys_file = 'keys'").Value.Database.ApiKeys.ShouldBe(["one", "two"]);
    }

    [Fact]
    public void ALaterLayerReplacesFileOrValue()
    {
        _loading.WriteFile("secret", "from file");
        var path = Path.Combine(Path.GetDirectoryName(_loading.FilePath)!, "secret");

        _loading.Load("[database]\npassword_file = 'missing'", ["SORA__DATABASE__PASSWORD=env"]).Value.Database.Password.ShouldBe("env");
        _loading.Load("[database]\npassword = 'x'", ["SORA__DATABASE__PASSWORD_FILE=" + path]).Value.Database.Password.ShouldBe("from file");
        _loading.Load("[database]\npassword = 'x'", settings: "database.password_file=" + path).Value.Database.Password.ShouldBe("from file");
        _loading.Load("[database]\npassword_file = ''").Value.Database.Password.ShouldBeNull();
        _loading.Load("[database]\npassword = ''\npassword_file = 'secret'").Value.Database.Password.ShouldBe("from file");
        _loading.Load("[database]\npassword_file = 'secret'\npassword = ''").Value.Database.Password.ShouldBe("from file");
    }

    [Theory]
    [InlineData("password_file = 'none'", "config.toml:2: database.password_file: cannot read the secret: there is no file none")]
    [InlineData("password_file = 'large'", "config.toml:2: database.password_file: the file large is larger than 64KiB")]
    [InlineData("password_file = 'small'\npassword = 'x'", "config.toml:3: database.password: give either password or password_file, not both (the other is at config.toml:2)")]
    [InlineData("password = 'x'\npassword_file = 'small'", "config.toml:3: database.password: give either password or password_file, not both (the other is at config.toml:2)")]
    [InlineData("password = '********'", "config.toml:2: database.password: is the mask that 'config dump' shows, not the secret; set it or password_file")]
    public void FaultsAreTold(string toml, string expected)
    {
        _loading.WriteFile("small", "x");
        _loading.WriteFile("large", new string('x', 64 * 1024 + 1));
        _loading.Errors(_loading.Load("[database]\n" + toml)).ShouldBe([expected]);
    }

    [Theory]
    [InlineData("[database]\npassword = 1234567", null)]
    [InlineData("[database]\npassword = 1234567x", null)]
    [InlineData("[database]\npassword = ['1234567']", null)]
    [InlineData("[database]\napi_keys = ['1234567', 1234567]", null)]
    [InlineData(null, "SORA__DATABASE__API_KEYS=[1234567]")]
    [InlineData(null, "SORA__DATABASE__API_KEYS=[1234567x]")]
    public void NoMessageShowsASecret(string? toml, string? variable)
    {
        var errors = _loading.Errors(_loading.Load(toml, variable is null ? null : [variable]));
        errors.ShouldHaveSingleItem().ShouldNotContain("1234567");
    }

    [Fact]
    public void TheDumpMasksThem()
    {
        var options = _loading.Load("[database]\npassword = 'hidden1'\napi_keys = ['hidden2', 'hidden3']\n[[listener]]\n[[listener.filter]]\ntoken = 'hidden4'").Value;
        var dump = ConfigurationDump.Write(options);
        dump.ShouldNotContain("hidden");
        dump.ShouldContain("password = \"********\"\napi_keys = [\"********\"]\n");
        dump.ShouldContain("token = \"********\"\n");
        ConfigurationDump.Write(options, showSecrets: true).ShouldContain("api_keys = [\"hidden2\", \"hidden3\"]");
    }
}
