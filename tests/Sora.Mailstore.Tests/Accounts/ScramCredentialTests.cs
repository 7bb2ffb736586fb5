using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

public sealed class ScramCredentialTests : IAsyncLifetime
{
    private const string Imported = "{SSHA}6mzbfs2U56tfH2N1YuQjO3AolabRIaY9";
    private const string ImportedPassword = "correct horse";

    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;

    public async Task InitializeAsync() => _node = await MailstoreNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(ScramHashes.Sha1)]
    [InlineData(ScramHashes.Sha256)]
    public async Task A_new_password_has_keys(ScramHashes hash)
    {
        await _node.CreateAccountAsync(password: "p\u00E4ss\u00ADw\u00F6rd");
        var found = (await _node.Accounts.FindScramAsync(Logins.Imap("USER@example.com"), hash, None)).Value;
        (await _node.Accounts.ConfirmScramAsync(Logins.Imap("USER@example.com"), found.Keys[0], None)).Value.PrimaryAddress.ShouldBe("user@example.com");
        var expected = ScramKeys.Derive(hash, "p\u00E4ssw\u00F6rd", found.Keys[0].Salt.AsSpan(), found.Keys[0].Iterations);
        found.Keys[0].StoredKey.ShouldBe(expected.StoredKey);
        found.Keys[0].ServerKey.ShouldBe(expected.ServerKey);
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("user@example.com"), "p\u00E4ss\u00ADw\u00F6rd", None)).IsOk.ShouldBeTrue();
    }

    [Fact]
    public async Task A_name_that_does_not_exist_has_the_same_salt_on_every_node()
    {
        var first = (await _node.Accounts.FindScramAsync(Logins.Imap("nobody@example.com"), ScramHashes.Sha256, None)).Value;
        await using var other = await MailstoreNode.StartAsync(_node.Address);
        var second = (await other.Accounts.FindScramAsync(Logins.Imap("Nobody@Example.com"), ScramHashes.Sha256, None)).Value;
        (await _node.Accounts.ConfirmScramAsync(Logins.Imap("nobody@example.com"), first.Keys[0], None)).IsOk.ShouldBeFalse();
        second.Keys[0].Salt.ShouldBe(first.Keys[0].Salt);
        second.Keys[0].Iterations.ShouldBe(first.Keys[0].Iterations);
        (await other.Accounts.FindScramAsync(Logins.Imap("nobody@example.com"), ScramHashes.Sha1, None)).Value.Keys[0].Salt.ShouldNotBe(first.Keys[0].Salt);
    }

    [Fact]
    public async Task Scram_is_for_all_again_once_the_imported_account_has_logged_in()
    {
        await _node.CreateAccountAsync();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
        await _node.Administration.CreateWithHashAsync("imported@example.com", Imported, None);
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.None);
        (await MayUseScramAsync("imported@example.com")).ShouldBeFalse();

        (await _node.Accounts.AuthenticateAsync(Logins.Imap("imported@example.com"), "wrong", None)).IsOk.ShouldBeFalse();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.None);
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("imported@example.com"), ImportedPassword, None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
        (await MayUseScramAsync("imported@example.com")).ShouldBeTrue();
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("imported@example.com"), ImportedPassword, None)).IsOk.ShouldBeTrue();
        (await _node.Accounts.AuthenticateAsync(Logins.Imap("imported@example.com"), "wrong", None)).IsOk.ShouldBeFalse();
    }

    [Fact]
    public async Task A_deleted_account_without_keys_does_not_count()
    {
        await _node.Administration.CreateWithHashAsync("imported@example.com", Imported, None);
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.None);
        await _node.Administration.DeleteAsync("imported@example.com", None);
        (await _node.Accounts.ScramForAllAsync(None)).ShouldBe(ScramHashes.Sha1 | ScramHashes.Sha256);
    }

    [Fact]
    public void Renewal_replaces_hashes_only_if_asked()
    {
        var keysOnly = new PasswordHasher(new PasswordOptions { BcryptCost = 4, ScramIterations = 4096 });
        var renewed = keysOnly.Renew(ImportedPassword, Imported).ShouldNotBeNull();
        renewed.ShouldStartWith(Imported + " {SCRAM-SHA-256}4096,");
        renewed.ShouldContain(" {SCRAM-SHA-1}4096,");
        keysOnly.CanVerify(renewed).ShouldBeTrue();
        keysOnly.Verify(ImportedPassword, renewed).ShouldBeTrue();
        keysOnly.Verify("wrong", renewed).ShouldBeFalse();
        keysOnly.Renew(ImportedPassword, renewed).ShouldBeNull();

        var all = new PasswordHasher(new PasswordOptions { BcryptCost = 4, ScramIterations = 4096, RenewAtLogin = true });
        all.Renew(ImportedPassword, renewed).ShouldNotBeNull().ShouldStartWith("{BLF-CRYPT}$2b$04$");
        all.Renew(ImportedPassword, all.Hash(ImportedPassword)).ShouldBeNull();

        var none = new PasswordHasher(new PasswordOptions { BcryptCost = 4, ScramAtLogin = false });
        none.Renew(ImportedPassword, Imported).ShouldBeNull();
    }

    // Made with doveadm pw
    [Theory]
    [InlineData("{SCRAM-SHA-1}4096,qq6rdxfbprm4GjRNdjU0Jw==,CrPy6Zwnb3Pqp0yRgYTsva0hq0s=,hiEaRq7ZEezwqoiKEeRMv6O9/6Q=", "correct horse")]
    [InlineData("{SCRAM-SHA-1.B64}NDA5Nix3ODZnZTkzSEs4aDc5VVpuc3B3WFV3PT0sUEtsKzdpTmRKQllLKzBUS1lyM0ZuYXExaHo4PSxDWXhzZWhBcHE3SXJ0d0FkekpydllJa1dIZ0E9", "correct horse")]
    [InlineData("{SCRAM-SHA-256}4096,QEFgYhClS1wWiONPuKEHsQ==,eAsS+14JNbU1asBkroqXvsUHq1XFXBBSb9Pl31LBBR0=,Xdbd+7nvBeqIVIUSgsZ5G4tlhIuBWKvkslrcn3Cfbmk=", "p\u00E4ssw\u00F6rd")]
    public void Keys_of_another_server_match_their_password(string stored, string password)
    {
        var hasher = new PasswordHasher(new PasswordOptions());
        hasher.Verify(password, stored).ShouldBeTrue();
        hasher.Verify(password + "x", stored).ShouldBeFalse();
    }

    [Theory]
    [InlineData(Imported + " ")]
    [InlineData(Imported + " " + Imported)]
    [InlineData(Imported + " {SCRAM-SHA-1}4096,AAAA,AAAA,AAAA")]
    [InlineData("{SCRAM-SHA-1}4096,qq6rdxfbprm4GjRNdjU0Jw==,CrPy6Zwnb3Pqp0yRgYTsva0hq0s=,hiEaRq7ZEezwqoiKEeRMv6O9/6Q= {SCRAM-SHA-1}4096,qq6rdxfbprm4GjRNdjU0Jw==,CrPy6Zwnb3Pqp0yRgYTsva0hq0s=,hiEaRq7ZEezwqoiKEeRMv6O9/6Q=")]
    public void What_stands_behind_a_hash_must_be_keys_and_each_only_once(string stored) =>
        new PasswordHasher(new PasswordOptions()).CanVerify(stored).ShouldBeFalse();

    private async Task<bool> MayUseScramAsync(string user)
    {
        var login = Logins.Imap(user);
        var challenge = (await _node.Accounts.FindScramAsync(login, ScramHashes.Sha256, None)).Value;
        return (await _node.Accounts.ConfirmScramAsync(login, challenge.Keys[0], None)).IsOk;
    }
}
