using Sora.Contracts;

namespace Sora.Grains.Accounts;

/// <summary>An account's mailboxes, where they are changed; the key is the account's number. Errors are those of <see cref="IAccount"/>.</summary>
[Alias("sora.IAccountGrain")]
internal interface IAccountGrain : IGrainWithIntegerKey
{
    [Alias("CreateAsync")]
    Task<MailResult<MailboxEntry>> CreateAsync(MailboxName name, SpecialUse use, CancellationToken cancellationToken);

    [Alias("DeleteAsync")]
    Task<MailResult<Done>> DeleteAsync(MailboxName name, CancellationToken cancellationToken);

    [Alias("RenameAsync")]
    Task<MailResult<Done>> RenameAsync(MailboxName from, MailboxName to, CancellationToken cancellationToken);

    [Alias("SubscribeAsync")]
    Task<MailResult<Done>> SubscribeAsync(MailboxName name, bool subscribed, CancellationToken cancellationToken);
}
