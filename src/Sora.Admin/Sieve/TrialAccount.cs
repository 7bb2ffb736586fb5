using System.Collections.Immutable;
using Sora.Contracts;

namespace Sora.Admin.Sieve;

/// <summary>The account of a trial that names none: it has an INBOX, and nobody shares anything with it. Nothing of it can be changed.</summary>
internal sealed class TrialAccount(IReadOnlyList<string> addresses) : IAccount, IAccounts, ISharing
{
    private static readonly MailboxList OnlyInbox = new(0, [new MailboxEntry(default, MailboxName.Inbox, default, SpecialUse.None)], []);

    public AccountId Id => default;

    public ValueTask<MailboxList> ListAsync(CancellationToken cancellationToken) => new(OnlyInbox);

    public ValueTask<ImmutableArray<string>> AddressesAsync(CancellationToken cancellationToken) => new([.. addresses]);

    public IAccount Get(AccountId id) => this;

    public ValueTask<SharedView> ViewAsync(AccountId user, CancellationToken cancellationToken) => new(SharedView.Nothing);

    public ValueTask<AccountIdentity?> FindAsync(string address, CancellationToken cancellationToken) => throw Unchanging();

    public ValueTask<MailResult<AccountIdentity>> AuthenticateAsync(LoginRequest login, string password, CancellationToken cancellationToken) => throw Unchanging();

    public ValueTask<MailResult<ScramChallenge>> FindScramAsync(LoginRequest login, ScramHashes hash, CancellationToken cancellationToken) => throw Unchanging();

    public ValueTask<MailResult<AccountIdentity>> ConfirmScramAsync(LoginRequest login, ScramKeys proven, CancellationToken cancellationToken) => throw Unchanging();

    public ValueTask<MailResult<AccountIdentity>> AdmitAsync(LoginRequest login, CancellationToken cancellationToken) => throw Unchanging();

    public IDisposable Watch(AccountIdentity identity, IAccountSubscriber subscriber) => throw Unchanging();

    public ValueTask<bool> MayGoOnAsync(AccountIdentity identity, CancellationToken cancellationToken) => throw Unchanging();

    public ValueTask<ScramHashes> ScramForAllAsync(CancellationToken cancellationToken) => throw Unchanging();

    public IDisposable Subscribe(AccountId id, IAccountSubscriber subscriber) => throw Unchanging();

    public Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> DeleteAsync(MailboxName name, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken) => throw Unchanging();

    public Task<IReadOnlyList<MailboxStatus?>> StatusAsync(IReadOnlyList<MailboxId> ids, bool withRecent, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<AccessList>> ListAsync(MailboxId mailbox, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<bool>> IsOwnerAsync(MailboxId mailbox, string identifier, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<Done>> ChangeAsync(AccessChange change, CancellationToken cancellationToken) => throw Unchanging();

    public Task<AccountId?> FindSharedAccountAsync(string domain, CancellationToken cancellationToken) => throw Unchanging();

    public Task<MailResult<MailboxEntry>> CreateSharedAsync(AccountId creator, MailboxName name, SpecialUse use, CancellationToken cancellationToken) => throw Unchanging();

    // What is planned asks only for what is above
    private static NotSupportedException Unchanging() => new("A trial asks for nothing of this");
}
