using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts.Passwords;

/// <summary>Accounts with hashes of other servers, of every scheme, log in: their hash becomes a new one if that is asked for, and stays what it was if not.</summary>
public sealed class RenewalTests : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;

    public async Task InitializeAsync() => _node = await MailstoreNode.StartAsync();

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_hash_of_every_scheme_is_renewed_at_login_if_asked(bool asked)
    {
        var options = new PasswordOptions { BcryptCost = 5, ScramIterations = 4096, RenewAtLogin = asked, ScramAtLogin = false };
        using var verifier = new PasswordVerifier(new PasswordHasher(options), options, TimeProvider.System);
        await using var accounts = new AccountHost(
            _node.Database, _node.Feed, _node.Mailboxes, verifier, _node.AccountOptions, TimeProvider.System, NullLoggerFactory.Instance);
        var store = new LoginStore(_node.Database.Write);
        for (var i = 0; i < ForeignHashes.Hashed.Count; i++)
        {
            var (address, hash) = ($"user{i}@example.com", ForeignHashes.Hashed[i]);
            (await _node.Administration.CreateWithHashAsync(address, hash, None)).IsOk.ShouldBeTrue();
            (await accounts.AuthenticateAsync(Logins.Imap(address), "wrong", None)).IsOk.ShouldBeFalse(hash);
            (await StoredAsync(address)).ShouldBe(hash, "a wrong password renews nothing");
            (await accounts.AuthenticateAsync(Logins.Imap(address), ForeignHashes.Password, None)).IsOk.ShouldBeTrue(hash);
            var stored = await StoredAsync(address);
            var isGoodEnough = hash.StartsWith("$2b$05$", StringComparison.Ordinal) || hash.StartsWith("$2y$05$", StringComparison.Ordinal)
                || hash.Contains("}$2y$05$", StringComparison.Ordinal) || hash.StartsWith("{BLF-CRYPT.", StringComparison.Ordinal);
            if (asked && !isGoodEnough)
            {
                stored.ShouldStartWith("{BLF-CRYPT}$2b$05$", Case.Sensitive, hash);
                PasswordHasher.ScramKeys(stored).Select(static keys => keys.Hash).ShouldBe([ScramHashes.Sha256, ScramHashes.Sha1]);
            }
            else
            {
                stored.ShouldBe(hash);
            }

            (await accounts.AuthenticateAsync(Logins.Imap(address), ForeignHashes.Password, None)).IsOk.ShouldBeTrue(stored);
            (await accounts.AuthenticateAsync(Logins.Imap(address), "wrong", None)).IsOk.ShouldBeFalse(stored);
        }

        async Task<string> StoredAsync(string address) => (await store.FindAllAsync(address, None))!.Passwords.Single().PasswordHash;
    }
}
