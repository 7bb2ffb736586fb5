using Sora.Mailstore.Storage;
using Sora.Mailstore.Storage.Embedded;

namespace Sora.Mailstore.Tests.Storage;

public sealed class DatabaseOptionsTests
{
    [Theory]
    [InlineData("db1.example", "db1.example", 5432)]
    [InlineData("db1.example:5433", "db1.example", 5433)]
    [InlineData("10.0.0.1", "10.0.0.1", 5432)]
    [InlineData("10.0.0.1:1", "10.0.0.1", 1)]
    [InlineData("::1", "::1", 5432)]
    [InlineData("[::1]", "::1", 5432)]
    [InlineData("[::1]:6000", "::1", 6000)]
    [InlineData("/var/run/postgresql", "/var/run/postgresql", 5432)]
    public void A_host_is_read(string text, string host, int port)
    {
        DatabaseHost.TryParse(text, 5432, out var parsed).ShouldBeTrue();
        parsed.ShouldBe(new DatabaseHost(host, port));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a,b")]
    [InlineData("a b")]
    [InlineData("db:")]
    [InlineData("db:0")]
    [InlineData("db:65536")]
    [InlineData("db:x")]
    [InlineData("[db]:1")]
    [InlineData("/run:1/x")]
    public void A_bad_host_is_refused(string text) => DatabaseHost.TryParse(text, 5432, out _).ShouldBeFalse();

    [Fact]
    public void The_defaults_are_valid() => new DatabaseOptions().Validate().ShouldBeEmpty();

    public static TheoryData<DatabaseOptions, string> Invalid => new()
    {
        { new() { Embedded = false }, "hosts" },
        { new() { Hosts = ["db"] }, "hosts" },
        { new() { Embedded = false, Hosts = ["db:x"] }, "hosts" },
        { new() { Embedded = false, Hosts = ["db"], Read = new() { Hosts = ["a b"] } }, "read.hosts" },
        { new() { Embedded = false, Hosts = ["db"], ClientKey = "key.pem" }, "client_key" },
        { new() { Write = new() { MaxConnections = 2, MinConnections = 3 } }, "write.min_connections" },
        { new() { Write = new() { MaxConnections = 95 } }, "embedded_server.max_connections" },
    };

    [Theory]
    [MemberData(nameof(Invalid))]
    public void A_broken_rule_names_its_key(DatabaseOptions options, string key) =>
        options.Validate().ShouldHaveSingleItem().ShouldStartWith(key + " ");

    [Theory]
    [InlineData("work_mem = 16MB", true)]
    [InlineData("pg_trgm.similarity_threshold=0.5", true)]
    [InlineData("work_mem 16MB", false)]
    [InlineData("include 'x' = y", false)]
    [InlineData("a = 1\nb = 2", false)]
    public void A_setting_of_the_server_is_name_and_value(string setting, bool valid) =>
        new EmbeddedPostgresOptions { Settings = [setting] }.Validate().Any().ShouldBe(!valid);

    [Fact]
    public void Special_characters_stay_in_their_values()
    {
        var options = new DatabaseOptions
        {
            Embedded = false, Hosts = ["a.example", "[::1]:5433"], Name = "so;ra=\"x\"", User = "u'; Host=evil", Password = "p;Database='q'\"",
        };
        var connection = new Npgsql.NpgsqlConnectionStringBuilder(DatabaseConnection.Pool(options, null, options.Hosts, options.Write).ConnectionString);
        connection.Host.ShouldBe("a.example:5432,[::1]:5433");
        connection.Database.ShouldBe(options.Name);
        connection.Username.ShouldBe(options.User);
        connection.Password.ShouldBe(options.Password);
    }
}
