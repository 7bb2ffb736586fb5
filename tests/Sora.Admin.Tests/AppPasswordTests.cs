using Sora.Contracts;
using Sora.Testing;

namespace Sora.Admin.Tests;

public sealed class AppPasswordTests : AdminTest
{
    [Fact]
    public async Task A_password_for_a_program_is_made_listed_changed_and_deleted()
    {
        await CreateAsync("user@example.com");
        var added = (await RunAsync(
            "credentials", "add", "--email", "user@example.com", "--generate", "--description", "phone", "--scopes", "imap", "--expires", "90d", "--json")).ShouldSucceed().Json;
        var password = added.GetProperty("password").GetString()!;
        var id = added.GetProperty("id").GetInt64().ToString();
        (await LogsInAsync("user@example.com", password)).ShouldBeTrue();
        (await LogsInAsync("user@example.com", "secret")).ShouldBeTrue();
        (await Node.Accounts.AuthenticateAsync(Logins.Pop3("user@example.com"), password, None)).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);

        var listed = (await RunAsync("credentials", "list", "--email", "user@example.com", "--json")).ShouldSucceed();
        listed.Output.ShouldNotContain(password);
        var entry = listed.Json.EnumerateArray().Last();
        entry.GetProperty("description").GetString().ShouldBe("phone");
        entry.GetProperty("scopes").GetString().ShouldBe("imap");
        entry.GetProperty("kind").GetString().ShouldBe("generated password");
        entry.GetProperty("expires_at").GetDateTimeOffset().ShouldBeInRange(DateTimeOffset.UtcNow.AddDays(89), DateTimeOffset.UtcNow.AddDays(91));
        (await RunAsync("credentials", "list", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("phone");

        (await RunAsync("credentials", "update", "--id", id, "--scopes", "pop3,managesieve", "--expires", "never")).ShouldSucceed();
        (await LogsInAsync("user@example.com", password)).ShouldBeFalse();
        (await Node.Accounts.AuthenticateAsync(Logins.Pop3("user@example.com"), password, None)).IsOk.ShouldBeTrue();
        var again = (await RunAsync("credentials", "update", "--id", id, "--scopes", "all", "--generate", "--json")).ShouldSucceed().Json.GetProperty("password").GetString()!;
        (await LogsInAsync("user@example.com", password)).ShouldBeFalse();
        (await LogsInAsync("user@example.com", again)).ShouldBeTrue();

        (await RunAsync("credentials", "delete", "--id", id, "--email", "user@example.com")).ShouldSucceed();
        (await LogsInAsync("user@example.com", again)).ShouldBeFalse();
        (await RunAsync("credentials", "delete", "--id", id)).ShouldFail(ExitCode.Failed, "There is no credential");
    }

    [Fact]
    public async Task An_address_may_only_receive_and_an_account_may_be_disabled()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("credentials", "add", "--email", "user@example.com", "--address", "list@example.com", "--scopes", "none")).ShouldSucceed();
        (await LogsInAsync("list@example.com", "secret")).ShouldBeFalse();
        (await RunAsync("credentials", "update", "--address", "list@example.com", "--scopes", "imap")).ShouldSucceed();
        (await LogsInAsync("list@example.com", "secret")).ShouldBeTrue();
        (await RunAsync("accounts", "disable", "--email", "list@example.com")).ShouldSucceed().Output.ShouldContain("Disabled user@example.com");
        (await LogsInAsync("user@example.com", "secret")).ShouldBeFalse();
        (await RunAsync("accounts", "show", "--email", "user@example.com")).ShouldSucceed().Output.ShouldContain("disabled:");
        (await RunAsync("accounts", "enable", "--email", "user@example.com")).ShouldSucceed();
        (await LogsInAsync("user@example.com", "secret")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("--scopes must have", "add", "--email", "user@example.com", "--generate", "--scopes", "smtp")]
    [InlineData("--expires must be", "add", "--email", "user@example.com", "--generate", "--expires", "soon")]
    [InlineData("one way", "add", "--email", "user@example.com", "--generate", "--password", "x")]
    [InlineData("best with --generate", "add", "--email", "user@example.com")]
    [InlineData("Nothing to change", "update", "--id", "1")]
    [InlineData("Name the credential", "update", "--scopes", "imap")]
    [InlineData("Name an address", "delete", "--email", "user@example.com")]
    public async Task What_makes_no_sense_is_refused(string reason, params string[] arguments) =>
        (await RunAsync(["credentials", .. arguments])).ShouldFail(ExitCode.Usage, reason);

    [Fact]
    public async Task What_cannot_be_done_is_said()
    {
        await CreateAsync("user@example.com");
        (await RunAsync("credentials", "add", "--email", "user@example.com", "--address", "user@example.com")).ShouldFail(ExitCode.Failed, "already");
        (await RunAsync("credentials", "add", "--email", "user@example.com", "--address", "new@example.com", "--generate")).ShouldFail(ExitCode.Failed, "add it first");
        (await RunAsync("credentials", "update", "--address", "user@example.com", "--generate")).ShouldFail(ExitCode.Failed, "--random-password");
        (await RunAsync("accounts", "update", "--email", "user@example.com", "--make-primary", "user@example.com", "--end-sessions")).ShouldFail(ExitCode.Usage, "--end-sessions");
        (await RunAsync("accounts", "update", "--email", "user@example.com", "--password", "new", "--end-sessions")).ShouldSucceed();
        (await LogsInAsync("user@example.com", "new")).ShouldBeTrue();
    }
}
