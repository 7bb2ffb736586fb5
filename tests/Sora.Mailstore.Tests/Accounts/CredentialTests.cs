using System.Net;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

/// <summary>Many passwords of one address: what lets in, where, until when.</summary>
public sealed class CredentialTests : IAsyncLifetime
{
    private const string User = "user@example.com";

    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly PasswordHasher Quick = new(new PasswordOptions { BcryptCost = 4, ScramIterations = 5000 });

    private MailstoreNode _node = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        await _node.CreateAccountAsync(User, "secret");
    }

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Generated_passwords_stand_beside_the_addresses_own()
    {
        var phone = await AddAsync(CredentialSettings.Default with { Description = "phone" });
        var laptop = await AddAsync(CredentialSettings.Default);
        foreach (var password in new[] { "secret", phone.Generated!, laptop.Generated! })
            (await LogInAsync(password)).Value.PrimaryAddress.ShouldBe(User);
        (await LogInAsync(phone.Generated!)).Value.Ticket!.Credential.ShouldBe(phone.Id);
        (await LogInAsync(phone.Generated![..^1] + (phone.Generated[^1] == 'a' ? 'b' : 'a'))).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(phone.Generated.ToUpperInvariant())).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);

        (await _node.Credentials.DeletePasswordAsync(phone.Id, null, None)).IsOk.ShouldBeTrue();
        (await LogInAsync(phone.Generated)).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(laptop.Generated!)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task A_generated_password_is_of_its_address_alone()
    {
        await _node.CreateAccountAsync("other@example.com");
        (await _node.Credentials.AddAsync(User, "alias@example.com", null, CredentialSettings.Default, primary: false, None)).IsOk.ShouldBeTrue();
        var phone = await AddAsync(CredentialSettings.Default);
        (await LogInAsync(phone.Generated!, "other@example.com")).IsOk.ShouldBeFalse();
        (await LogInAsync(phone.Generated!, "alias@example.com")).IsOk.ShouldBeFalse();
    }

    [Fact]
    public async Task A_chosen_password_is_one_too_and_their_number_is_limited()
    {
        _node.AccountOptions.MaxChosenPasswords = 2;
        _node.AccountOptions.MaxPasswords = 3;
        for (var i = 0; i < 2; i++)
            (await _node.Credentials.AddPasswordAsync(User, new NewPassword(Quick.Hash($"chosen {i}")), CredentialSettings.Default, None)).IsOk.ShouldBeTrue();
        (await LogInAsync("chosen 0")).IsOk.ShouldBeTrue();
        (await LogInAsync("chosen 1")).IsOk.ShouldBeTrue();
        (await LogInAsync("chosen 2")).IsOk.ShouldBeFalse();
        var third = await _node.Credentials.AddPasswordAsync(User, new NewPassword(Quick.Hash("chosen 2")), CredentialSettings.Default, None);
        third.Error!.Code.ShouldBe(MailErrorCode.Limit);
        third.Error.Text.ShouldContain("--generate");
        await AddAsync(CredentialSettings.Default);
        (await _node.Credentials.AddPasswordAsync(User, null, CredentialSettings.Default, None)).Error!.Code.ShouldBe(MailErrorCode.Limit);
        (await _node.Credentials.AddPasswordAsync("nobody@example.com", null, CredentialSettings.Default, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Credentials.AddPasswordAsync(User, new NewPassword("{NOPE}x"), CredentialSettings.Default, None)).Error!.Code.ShouldBe(MailErrorCode.Cannot);
    }

    [Fact]
    public async Task Scopes_decide_where_a_password_lets_in()
    {
        var imap = await AddAsync(CredentialSettings.Default with { Scopes = LoginScopes.Imap });
        var two = await AddAsync(CredentialSettings.Default with { Scopes = LoginScopes.Pop3 | LoginScopes.ManageSieve });
        (await _node.Accounts.AuthenticateAsync(Logins.Imap(User), imap.Generated!, None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.AuthenticateAsync(Logins.Pop3(User), imap.Generated!, None)).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);
        (await _node.Accounts.AuthenticateAsync(Logins.ManageSieve(User), imap.Generated!, None)).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);
        (await _node.Accounts.AuthenticateAsync(Logins.Imap(User), two.Generated!, None)).IsOk.ShouldBeFalse();
        (await _node.Accounts.AuthenticateAsync(Logins.Pop3(User), two.Generated!, None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.AuthenticateAsync(Logins.ManageSieve(User), two.Generated!, None)).IsOk.ShouldBeTrue();

        // An address that only receives, while its further passwords let in
        await UpdateAsync(await OwnAsync(), new CredentialUpdate(Scopes: LoginScopes.None));
        (await LogInAsync("secret")).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);
        (await LogInAsync("wrong")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await LogInAsync(imap.Generated!)).IsOk.ShouldBeTrue();
        (await _node.Accounts.FindAsync(User, None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Of_two_credentials_with_one_password_that_counts_which_lets_in()
    {
        (await _node.Credentials.AddPasswordAsync(
            User, new NewPassword(Quick.Hash("secret")), CredentialSettings.Default with { Scopes = LoginScopes.Pop3 }, None)).IsOk.ShouldBeTrue();
        await UpdateAsync(await OwnAsync(), new CredentialUpdate(Scopes: LoginScopes.Imap));
        (await _node.Accounts.AuthenticateAsync(Logins.Imap(User), "secret", None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.AuthenticateAsync(Logins.Pop3(User), "secret", None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.AuthenticateAsync(Logins.ManageSieve(User), "secret", None)).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);
    }

    [Fact]
    public async Task A_password_that_is_over_says_so_to_who_has_it()
    {
        var added = await AddAsync(CredentialSettings.Default with { ExpiresAt = DateTimeOffset.UtcNow.AddHours(1) });
        (await LogInAsync(added.Generated!)).Value.Ticket!.ExpiresAt.ShouldNotBeNull();
        await UpdateAsync(added.Id, new CredentialUpdate(ExpiresAt: DateTimeOffset.UtcNow.AddHours(-1)));
        (await LogInAsync(added.Generated!)).Error!.Code.ShouldBe(MailErrorCode.Expired);
        await UpdateAsync(added.Id, new CredentialUpdate(ExpiresAt: DateTimeOffset.MaxValue));
        (await LogInAsync(added.Generated!)).Value.Ticket!.ExpiresAt.ShouldBeNull();
        await UpdateAsync(await OwnAsync(), new CredentialUpdate(ExpiresAt: DateTimeOffset.UtcNow.AddHours(-1)));
        (await LogInAsync("secret")).Error!.Code.ShouldBe(MailErrorCode.Expired);
        (await LogInAsync("wrong")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
    }

    [Fact]
    public async Task A_disabled_account_lets_nobody_in_and_still_has_its_address()
    {
        var added = await AddAsync(CredentialSettings.Default);
        (await _node.Administration.SetDisabledAsync(User, disabled: true, None)).IsOk.ShouldBeTrue();
        (await LogInAsync("secret")).Error!.Code.ShouldBe(MailErrorCode.ContactAdmin);
        (await LogInAsync(added.Generated!)).Error!.Code.ShouldBe(MailErrorCode.ContactAdmin);
        (await LogInAsync("wrong")).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        (await ScramAsync("secret", ScramHashes.Sha256)).Error!.Code.ShouldBe(MailErrorCode.ContactAdmin);
        (await _node.Accounts.FindAsync(User, None)).ShouldNotBeNull();
        (await _node.Administration.SetDisabledAsync(User, disabled: false, None)).IsOk.ShouldBeTrue();
        (await LogInAsync("secret")).IsOk.ShouldBeTrue();
    }

    [Theory]
    [InlineData(ScramHashes.Sha1)]
    [InlineData(ScramHashes.Sha256)]
    public async Task Scram_works_with_every_password_of_an_address(ScramHashes hash)
    {
        var all = await AddAsync(CredentialSettings.Default);
        var pop3 = await AddAsync(CredentialSettings.Default with { Scopes = LoginScopes.Pop3 });
        (await _node.Credentials.AddPasswordAsync(User, new NewPassword(Quick.Hash("chosen"), "chosen"), CredentialSettings.Default, None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
        (await ScramAsync("secret", hash)).IsOk.ShouldBeTrue();
        (await ScramAsync("chosen", hash)).IsOk.ShouldBeTrue();
        (await ScramAsync(all.Generated!, hash)).Value.Ticket!.Credential.ShouldBe(all.Id);
        (await ScramAsync(pop3.Generated!, hash)).Error!.Code.ShouldBe(MailErrorCode.AuthorizationFailed);
        (await ScramAsync("wrong", hash)).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);

        // Another password for the address keeps its salt, because the others stay
        await _node.ChangePasswordAsync(User, "new secret");
        (await ScramAsync("secret", hash)).IsOk.ShouldBeFalse();
        (await ScramAsync("new secret", hash)).IsOk.ShouldBeTrue();
        (await ScramAsync(all.Generated!, hash)).IsOk.ShouldBeTrue();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
    }

    [Fact]
    public async Task A_password_whose_keys_do_not_fit_switches_the_offer_off_until_it_has_logged_in()
    {
        var added = await AddAsync(CredentialSettings.Default);

        // A hash has its own salt
        (await _node.Credentials.SetPasswordAsync(User, new NewPassword(Quick.Hash("imported")), endSessions: false, None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.None);
        (await ScramAsync("imported", ScramHashes.Sha256)).IsOk.ShouldBeTrue();
        (await ScramAsync(added.Generated!, ScramHashes.Sha256)).IsOk.ShouldBeFalse();
        (await LogInAsync(added.Generated!)).IsOk.ShouldBeTrue();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
        (await ScramAsync(added.Generated!, ScramHashes.Sha256)).IsOk.ShouldBeTrue();
        (await LogInAsync(added.Generated!)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task What_may_log_in_nowhere_does_not_count_for_the_offer_of_scram()
    {
        await _node.Administration.CreateWithHashAsync("imported@example.com", "{SSHA}6mzbfs2U56tfH2N1YuQjO3AolabRIaY9", None);
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.None);
        await UpdateAsync(await OwnAsync("imported@example.com"), new CredentialUpdate(Scopes: LoginScopes.None));
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
    }

    [Fact]
    public void Renewal_gives_old_hashes_keys_and_leaves_generated_ones_quick()
    {
        var options = new PasswordOptions { BcryptCost = 4, ScramIterations = 4096, RenewAtLogin = true };
        var hasher = new PasswordHasher(options);
        var generated = GeneratedPassword.Make();
        var stored = GeneratedPassword.Hash(generated);
        hasher.Renew(generated, stored, new Renewal([], IsGenerated: true)).ShouldNotBeNull().ShouldStartWith(stored + " {SCRAM-SHA-256}");
        hasher.Renew(generated, stored).ShouldNotBeNull().ShouldStartWith("{BLF-CRYPT}");
    }

    [Fact]
    public void Generated_passwords_differ_and_are_known_by_their_shape()
    {
        var made = Enumerable.Range(0, 1000).Select(static _ => GeneratedPassword.Make()).ToList();
        made.Distinct().Count().ShouldBe(1000);
        made.ShouldAllBe(static password => GeneratedPassword.Lookup(password) != null && password.Length == 23);
        foreach (var other in new[] { "", "secret", made[0] + "a", made[0][1..], made[0].Replace('-', ' '), made[0].ToUpperInvariant(), "aaaaa-aaaaa-aaaaa-aaaa\u00E4", "aaaaa-aaaaa-aaaaa-aaaal" })
            GeneratedPassword.Lookup(other).ShouldBeNull(other);
    }

    [Fact]
    public async Task The_last_use_is_written_down_behind_the_login()
    {
        var added = await AddAsync(CredentialSettings.Default);
        (await ListAsync()).ShouldAllBe(static credential => credential.LastUse == null);
        await using (var other = await MailstoreNode.StartAsync(_node.Address))
        {
            var login = new LoginRequest(User, LoginScopes.Pop3, IPAddress.Parse("2001:db8::7"));
            (await other.Accounts.AuthenticateAsync(login, added.Generated!, None)).IsOk.ShouldBeTrue();
            (await other.Accounts.AuthenticateAsync(Logins.Imap(User), "wrong", None)).IsOk.ShouldBeFalse();
        }

        // A node that goes down has written it
        var used = (await ListAsync()).Single(credential => credential.Id == added.Id).LastUse.ShouldNotBeNull();
        (used.Protocol, used.Client).ShouldBe((LoginScopes.Pop3, IPAddress.Parse("2001:db8::7")));
        used.At.ShouldBeInRange(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(5));
        (await ListAsync()).Where(credential => credential.Id != added.Id).ShouldAllBe(static credential => credential.LastUse == null);

        // One that runs writes now and then
        (await ScramAsync("secret", ScramHashes.Sha256)).IsOk.ShouldBeTrue();
        await Eventually.WaitAsync(async () => (await ListAsync())[0].LastUse is { Protocol: LoginScopes.Imap });
    }

    [Fact]
    public async Task Lists_show_what_each_credential_is_for()
    {
        (await _node.Credentials.AddAsync(User, "alias@example.com", null, new CredentialSettings("list", LoginScopes.None, null), primary: false, None)).IsOk.ShouldBeTrue();
        var end = new DateTimeOffset(2030, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var added = await AddAsync(new CredentialSettings("phone", LoginScopes.Imap | LoginScopes.ManageSieve, end));
        var listed = await ListAsync();
        listed.Select(static credential => (credential.Kind, credential.Address, credential.Settings)).ShouldBe(
        [
            (CredentialKind.Primary, User, CredentialSettings.Default),
            (CredentialKind.Address, "alias@example.com", new CredentialSettings("list", LoginScopes.None, null)),
            (CredentialKind.Password, User, new CredentialSettings("phone", LoginScopes.Imap | LoginScopes.ManageSieve, end)),
        ]);
        listed.Select(static credential => credential.Id).Distinct().Count().ShouldBe(3);
        await UpdateAsync(added.Id, new CredentialUpdate(Description: "tablet"));
        (await ListAsync())[2].Settings.ShouldBe(new CredentialSettings("tablet", LoginScopes.Imap | LoginScopes.ManageSieve, end));
        (await LogInAsync(added.Generated!)).IsOk.ShouldBeTrue();
        var renewed = (await _node.Credentials.UpdateAsync(added.Id, new CredentialUpdate(), generate: true, None)).Value;
        (await LogInAsync(added.Generated!)).IsOk.ShouldBeFalse();
        (await LogInAsync(renewed.Generated!)).IsOk.ShouldBeTrue();
        (await _node.Credentials.UpdateAsync(added.Id, new CredentialUpdate(Password: new NewPassword(Quick.Hash("chosen"), "chosen")), generate: false, None)).IsOk.ShouldBeTrue();
        (await LogInAsync(renewed.Generated!)).IsOk.ShouldBeFalse();
        (await LogInAsync("chosen")).IsOk.ShouldBeTrue();
        (await ScramAsync("chosen", ScramHashes.Sha256)).IsOk.ShouldBeTrue();
        (await _node.Credentials.UpdateAsync(await OwnAsync(), new CredentialUpdate(), generate: true, None)).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await _node.Credentials.UpdateAsync(new CredentialId(1_000_000), new CredentialUpdate(), generate: true, None)).Error!.Code.ShouldBe(MailErrorCode.NonExistent);
        (await _node.Credentials.AddPasswordAsync(User, null, new CredentialSettings(new string('x', 201), LoginScopes.All, null), None)).Error!.Code.ShouldBe(MailErrorCode.Cannot);

        // An address takes its further passwords along
        (await _node.Credentials.AddPasswordAsync("alias@example.com", null, CredentialSettings.Default, None)).IsOk.ShouldBeTrue();
        (await _node.Credentials.DeletePasswordAsync(added.Id, "other@example.com", None)).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await _node.Credentials.DeletePasswordAsync(await OwnAsync(), null, None)).Error!.Code.ShouldBe(MailErrorCode.Cannot);
        (await _node.Credentials.DeleteAsync("alias@example.com", null, None)).IsOk.ShouldBeTrue();
        (await ListAsync()).Length.ShouldBe(2);
    }

    private async Task<CredentialChange> AddAsync(CredentialSettings settings) => (await _node.Credentials.AddPasswordAsync(User, null, settings, None)).Value;

    private async Task UpdateAsync(CredentialId id, CredentialUpdate update) =>
        (await _node.Credentials.UpdateAsync(id, update, generate: false, None)).IsOk.ShouldBeTrue();

    private async Task<CredentialId> OwnAsync(string address = User) => (await _node.Credentials.ListAsync(address, None)).Value[0].Id;

    private async Task<System.Collections.Immutable.ImmutableArray<Credential>> ListAsync() => (await _node.Credentials.ListAsync(User, None)).Value;

    private async Task<MailResult<AccountIdentity>> LogInAsync(string password, string user = User) =>
        await _node.Accounts.AuthenticateAsync(Logins.Imap(user), password, None);

    // As a client does it, with the keys that it makes of its password and the challenge
    private async Task<MailResult<AccountIdentity>> ScramAsync(string password, ScramHashes hash)
    {
        var challenge = (await _node.Accounts.FindScramAsync(Logins.Imap(User), hash, None)).Value;
        var made = ScramKeys.Derive(hash, password, challenge.Keys[0].Salt.AsSpan(), challenge.Keys[0].Iterations);
        return await _node.Accounts.ConfirmScramAsync(Logins.Imap(User), made, None);
    }
}
