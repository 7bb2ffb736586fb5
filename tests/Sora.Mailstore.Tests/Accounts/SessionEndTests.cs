using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Accounts;
using Sora.Testing;

namespace Sora.Mailstore.Tests.Accounts;

/// <summary>Sessions of one process end by what another process changes; both are on one database.</summary>
public sealed class SessionEndTests : IAsyncLifetime
{
    private const string User = "user@example.com";

    private static readonly CancellationToken None = CancellationToken.None;

    private MailstoreNode _node = null!;
    private MailstoreNode _other = null!;

    public async Task InitializeAsync()
    {
        _node = await MailstoreNode.StartAsync();
        _other = await MailstoreNode.StartAsync(_node.Address);
        await _node.CreateAccountAsync(User, "secret");
    }

    public async Task DisposeAsync()
    {
        await _other.DisposeAsync();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task A_new_password_ends_sessions_only_if_asked()
    {
        using var session = await LogInAsync("secret");
        await _node.ChangePasswordAsync(User, "second");
        (await _other.Accounts.AuthenticateAsync(Logins.Imap(User), "secret", None)).IsOk.ShouldBeFalse();
        await session.NudgedAsync();
        (await session.MayGoOnAsync()).ShouldBeTrue();
        await _node.ChangePasswordAsync(User, "third", endSessions: true);
        await session.EndsAsync();
        using var next = await LogInAsync("third");
        (await next.MayGoOnAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_password_that_is_deleted_or_restricted_ends_its_sessions_alone()
    {
        var first = (await _node.Credentials.AddPasswordAsync(User, null, CredentialSettings.Default, None)).Value;
        var second = (await _node.Credentials.AddPasswordAsync(User, null, CredentialSettings.Default, None)).Value;
        using var own = await LogInAsync("secret");
        using var deleted = await LogInAsync(first.Generated!);
        using var restricted = await LogInAsync(second.Generated!);
        (await _node.Credentials.DeletePasswordAsync(first.Id, null, None)).IsOk.ShouldBeTrue();
        await deleted.EndsAsync();
        (await restricted.MayGoOnAsync()).ShouldBeTrue();
        (await _node.Credentials.UpdateAsync(second.Id, new CredentialUpdate(Scopes: LoginScopes.Pop3), generate: false, None)).IsOk.ShouldBeTrue();
        await restricted.EndsAsync();
        (await own.MayGoOnAsync()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_password_that_is_over_wakes_its_sessions()
    {
        var added = (await _node.Credentials.AddPasswordAsync(
            User, null, CredentialSettings.Default with { ExpiresAt = DateTimeOffset.UtcNow.AddHours(1) }, None)).Value;
        using var session = await LogInAsync(added.Generated!);

        // Sooner than it was when the session began
        var update = new CredentialUpdate(ExpiresAt: DateTimeOffset.UtcNow.AddSeconds(1));
        (await _node.Credentials.UpdateAsync(added.Id, update, generate: false, None)).IsOk.ShouldBeTrue();
        await session.EndsAsync();
        (await _other.Accounts.AuthenticateAsync(Logins.Imap(User), added.Generated!, None)).Error!.Code.ShouldBe(MailErrorCode.Expired);
    }

    [Fact]
    public async Task Disabling_and_deleting_an_account_end_its_sessions()
    {
        using (var session = await LogInAsync("secret"))
        {
            (await _node.Administration.SetDisabledAsync(User, disabled: true, None)).IsOk.ShouldBeTrue();
            await session.EndsAsync();
            (await _node.Administration.SetDisabledAsync(User, disabled: false, None)).IsOk.ShouldBeTrue();
            await session.NudgedAsync();
            (await session.MayGoOnAsync()).ShouldBeFalse(); // it was ended, and stays so
        }

        using var again = await LogInAsync("secret");
        (await _node.Administration.DeleteAsync(User, None)).IsOk.ShouldBeTrue();
        await again.EndsAsync();
    }

    [Fact]
    public async Task Who_was_let_in_without_a_password_is_bound_to_the_account()
    {
        (await _other.Accounts.AdmitAsync(Logins.Imap("nobody@example.com"), None)).Error!.Code.ShouldBe(MailErrorCode.AuthenticationFailed);
        using var session = Watch((await _other.Accounts.AdmitAsync(Logins.Imap(User.ToUpperInvariant()), None)).Value);
        (await session.MayGoOnAsync()).ShouldBeTrue();
        await _node.ChangePasswordAsync(User, "second", endSessions: true);
        await session.EndsAsync();
        using var next = Watch((await _other.Accounts.AdmitAsync(Logins.Imap(User), None)).Value);
        (await next.MayGoOnAsync()).ShouldBeTrue();
        (await _node.Administration.SetDisabledAsync(User, disabled: true, None)).IsOk.ShouldBeTrue();
        await next.EndsAsync();
        (await _other.Accounts.AdmitAsync(Logins.Imap(User), None)).Error!.Code.ShouldBe(MailErrorCode.ContactAdmin);
    }

    [Fact]
    public async Task A_change_between_the_check_and_the_watch_is_not_missed()
    {
        var identity = (await _other.Accounts.AuthenticateAsync(Logins.Imap(User), "secret", None)).Value;
        using (var heard = Watch(identity))
        {
            await _node.ChangePasswordAsync(User, "second", endSessions: true);
            await heard.EndsAsync(); // the other process knows it by now
        }

        using var late = Watch(identity);
        await late.EndsAsync();
    }

    [Fact]
    public async Task Nothing_is_let_in_by_memory_while_notifications_are_interrupted()
    {
        using var session = await LogInAsync("secret");
        (await _other.Accounts.AuthenticateAsync(Logins.Imap(User), "secret", None)).IsOk.ShouldBeTrue(); // remembered now
        await CutListenersAsync();
        await _node.ChangePasswordAsync(User, "second", endSessions: true);
        (await _other.Accounts.AuthenticateAsync(Logins.Imap(User), "secret", None)).IsOk.ShouldBeFalse();
        (await _other.Accounts.AuthenticateAsync(Logins.Imap(User), "second", None)).IsOk.ShouldBeTrue();
        await session.EndsAsync(); // when the connection is back
    }

    [Fact]
    public async Task A_master_is_bound_to_its_own_password_and_to_the_account_that_it_acts_for()
    {
        await _node.CreateAccountAsync("master@example.com", "master");
        var master = (await _other.Accounts.AuthenticateAsync(Logins.Imap("master@example.com"), "master", None)).Value;
        var acting = (await _other.Accounts.FindAsync(User, None))! with { Ticket = master.Ticket };
        using (var session = Watch(acting))
        {
            await _node.ChangePasswordAsync(User, "second", endSessions: true);
            await session.NudgedAsync();
            (await session.MayGoOnAsync()).ShouldBeTrue();
            await _node.ChangePasswordAsync("master@example.com", "second", endSessions: true);
            await session.EndsAsync();
        }

        var again = (await _other.Accounts.AuthenticateAsync(Logins.Imap("master@example.com"), "second", None)).Value;
        using var next = Watch(acting with { Ticket = again.Ticket });
        (await next.MayGoOnAsync()).ShouldBeTrue();
        (await _node.Administration.DeleteAsync(User, None)).IsOk.ShouldBeTrue();
        await next.EndsAsync();
    }

    private async Task<Session> LogInAsync(string password) =>
        Watch((await _other.Accounts.AuthenticateAsync(Logins.Imap(User), password, None)).Value);

    private Session Watch(AccountIdentity identity) => new(_other.Accounts, identity);

    // What a network or a server that is restarted does to connections that wait
    private async Task CutListenersAsync()
    {
        await using var command = _node.Database.Write.CreateCommand(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%pg_listening_channels%'");
        (await command.ExecuteScalarAsync()).ShouldNotBe(0L);
    }

    /// <summary>A session as the gateway has it: it asks after each nudge.</summary>
    private sealed class Session : IAccountSubscriber, IDisposable
    {
        private readonly IAccounts _accounts;
        private readonly AccountIdentity _identity;
        private readonly IDisposable _watch;
        private volatile bool _isNudged;

        public Session(IAccounts accounts, AccountIdentity identity)
        {
            _accounts = accounts;
            _identity = identity;
            _watch = accounts.Watch(identity, this);
        }

        public void Changed(AccountId account) => _isNudged = true;

        public ValueTask<bool> MayGoOnAsync() => _accounts.MayGoOnAsync(_identity, None);

        public async Task NudgedAsync()
        {
            await Eventually.WaitAsync(() => Task.FromResult(_isNudged));
            _isNudged = false;
        }

        public Task EndsAsync() => Eventually.WaitAsync(async () =>
        {
            if (!_isNudged)
                return false;
            _isNudged = false;
            return !await MayGoOnAsync();
        });

        public void Dispose() => _watch.Dispose();
    }
}
