using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class UsageTests
{
    [Theory]
    [InlineData("", "--help")]
    [InlineData("accounts", "sora-admin accounts --help")]
    [InlineData("acounts list", "acounts")]
    [InlineData("accounts list --limit 0", "--limit must be between")]
    [InlineData("accounts list --limit many", "many")]
    [InlineData("accounts list --no-such-option", "--no-such-option")]
    [InlineData("accounts create --password x", "--email or --from-file is required")]
    [InlineData("accounts create --email a@b.example", "A password is required")]
    [InlineData("accounts create --email a@b.example --password x --random-password", "in one way")]
    [InlineData("accounts create --email a@b.example --password x --hash-cost 3", "--hash-cost must be between 4 and 16")]
    [InlineData("accounts create --email a@b.example --from-file f", "--from-file goes without")]
    [InlineData("accounts create --email a@b.example --password x --hashes", "--hashes and --passwd-file go with")]
    [InlineData("accounts update --email a@b.example", "Nothing to change")]
    [InlineData("accounts delete --email a@b.example --confirm false", "Nothing was done")]
    [InlineData("mailbox delete --email a@b.example --name x", "--confirm is required")]
    [InlineData("accounts delete --email a@b.example", "--confirm is required")]
    [InlineData("accounts list", "--data DIR")]
    [InlineData("health --url ftp://127.0.0.1/", "no http or https address")]
    public async Task A_command_line_that_makes_no_sense_ends_with_2(string line, string text) =>
        (await Cli.RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ShouldFail(ExitCode.Usage, text);

    [Theory]
    [InlineData("accounts list --data /no/such/folder", "holds no database yet")]
    [InlineData("accounts list --config /no/such/config.toml", "there is no such file")]
    [InlineData("accounts list --set database.port=many", "database.port")]
    [InlineData("accounts list --set database.embedded=false --set database.hosts=/no/such/socket --set database.connect_timeout=1s", "cannot be reached")]
    [InlineData("accounts create --email a@b.example --password-hash {WHAT}x --data /no/such/folder", "password hash")]
    [InlineData("accounts create --email a@b.example --password-stdin --data /no/such/folder", "no password on standard input")]
    [InlineData("accounts create --from-file /no/such/file --data /no/such/folder", "There is no file /no/such/file")]
    public async Task What_cannot_be_done_ends_with_1_and_a_line(string line, string text) =>
        (await Cli.RunAsync(line.Split(' '))).ShouldFail(ExitCode.Failed, text);

    [Theory]
    [InlineData("--help", "accounts")]
    [InlineData("accounts create --help", "--password-stdin")]
    [InlineData("mailbox create --help", "--special-use")]
    public async Task Help_goes_to_the_output(string line, string text) =>
        (await Cli.RunAsync(line.Split(' '))).ShouldSucceed().Output.ShouldContain(text);

    [Fact]
    public async Task The_file_of_the_server_is_read_and_its_other_sections_are_left_alone()
    {
        var address = await PostgresFixture.CreateAddressAsync();
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(
            folder.File("config.toml"),
            $"""
            [node]
            name = "one"

            [database]
            embedded = false
            hosts = ["{address.SocketFolder}"]
            port = {address.Port}
            user = "{address.User}"
            name = "{address.Database}"

            [[listener]]
            port = 143
            """);
        (await Cli.RunAsync(["accounts", "list", "--json", "--config", folder.File("config.toml")])).ShouldSucceed().Json.GetArrayLength().ShouldBe(0);
    }
}
