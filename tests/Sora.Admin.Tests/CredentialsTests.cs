namespace Sora.Admin.Tests;

public sealed class CredentialsTests : AdminTest
{
    [Fact]
    public async Task An_added_address_shares_the_password_or_has_its_own()
    {
        await CreateAsync("user@example.com");
        (await Node.Accounts.FindAsync("alias@example.com", None)).ShouldBeNull(); // now in the cache of the server
        (await RunAsync("credentials", "add", "--email", "user@example.com", "--address", "Alias@example.com")).ShouldSucceed();
        (await RunAsync("credentials", "add", "--email", "alias@example.com", "--address", "app@example.com", "--password", "own", "--make-primary"))
            .ShouldSucceed();
        (await LogsInAsync("alias@example.com", "secret")).ShouldBeTrue();
        (await LogsInAsync("app@example.com", "own")).ShouldBeTrue();
        (await LogsInAsync("app@example.com", "secret")).ShouldBeFalse();
        await Sora.Testing.Eventually.WaitAsync(async () => await Node.Accounts.FindAsync("alias@example.com", None) is not null);

        var listed = (await RunAsync("credentials", "list", "--email", "user@example.com", "--json")).ShouldSucceed();
        listed.Json.EnumerateArray().Select(credential => (credential.GetProperty("address").GetString(), credential.GetProperty("primary").GetBoolean()))
            .ShouldBe([("app@example.com", true), ("alias@example.com", false), ("user@example.com", false)]);
        listed.Output.ShouldNotContain("$2b$");
        (await RunAsync("credentials", "list", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("app@example.com");
    }

    [Fact]
    public async Task An_address_is_deleted_unless_it_is_the_primary_or_the_last_one()
    {
        await CreateAsync("user@example.com", "secret", "--credentials", "alias@example.com");
        await CreateAsync("other@example.com");
        await Refused("the primary address", "--address", "user@example.com");
        await Refused("the last address", "--address", "other@example.com");
        await Refused("no address of the account other@example.com", "--address", "alias@example.com", "--email", "other@example.com");
        await Refused("There is no account", "--address", "nobody@example.com");
        (await LogsInAsync("alias@example.com", "secret")).ShouldBeTrue();
        (await RunAsync("credentials", "delete", "--address", "alias@example.com", "--email", "user@example.com")).ShouldSucceed();
        (await LogsInAsync("alias@example.com", "secret")).ShouldBeFalse();

        async Task Refused(string reason, params string[] arguments) =>
            (await RunAsync(["credentials", "delete", .. arguments])).ShouldFail(ExitCode.Failed, reason);
    }

    [Theory]
    [InlineData("user@example.com", "other@example.com", "other@example.com is taken")]
    [InlineData("user@example.com", "nothing", "there is no @")]
    [InlineData("nobody@example.com", "new@example.com", "There is no account with the address nobody@example.com")]
    public async Task What_cannot_be_added_is_refused(string email, string address, string reason)
    {
        await CreateAsync("user@example.com");
        await CreateAsync("other@example.com");
        (await RunAsync("credentials", "add", "--email", email, "--address", address)).ShouldFail(ExitCode.Failed, reason);
    }
}
