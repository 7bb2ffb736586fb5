using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Mailstore;

internal static partial class Log
{
    [LoggerMessage(71, LogLevel.Information, "Account {Account} was made for {Address}, of which the service told")]
    public static partial void ExternalCreated(ILogger logger, AccountId account, string address);

    [LoggerMessage(72, LogLevel.Warning, "What the service tells of {Address} cannot be used here: {Reason}")]
    public static partial void ExternalRefused(ILogger logger, string address, string reason);

    [LoggerMessage(73, LogLevel.Warning, "The service tells a password hash of {Address} whose scheme is not known or not allowed here")]
    public static partial void ExternalScheme(ILogger logger, string address);

    [LoggerMessage(1, LogLevel.Warning, "A commit failed; its requests are tried again: {Reason}")]
    public static partial void CommitFailed(ILogger logger, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Mailbox {Mailbox} could not be read; its requests are tried again ({Others} more since the last such line): {Reason}")]
    public static partial void ReadFailed(ILogger logger, long mailbox, int others, string reason);

    [LoggerMessage(3, LogLevel.Error, "Mailbox {Mailbox} failed")]
    public static partial void MailboxFailed(ILogger logger, long mailbox, Exception exception);

    [LoggerMessage(4, LogLevel.Warning, "The snapshot of mailbox {Mailbox} could not be written; it is tried again later")]
    public static partial void SnapshotFailed(ILogger logger, long mailbox, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "Background work of the mailbox host failed")]
    public static partial void BackgroundFailed(ILogger logger, Exception exception);

    [LoggerMessage(6, LogLevel.Warning, "Changes could not be announced to the other processes")]
    public static partial void AnnounceFailed(ILogger logger, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The connection that hears of other processes' changes was lost; it is opened again")]
    public static partial void ListenFailed(ILogger logger, Exception exception);

    [LoggerMessage(8, LogLevel.Warning, "An account could not be read or changed")]
    public static partial void AccountFailed(ILogger logger, Exception exception);

    [LoggerMessage(9, LogLevel.Information, "{Records} old records went from the mailboxes' logs")]
    public static partial void LogTrimmed(ILogger logger, long records);

    [LoggerMessage(10, LogLevel.Warning, "Maintenance of the database failed; it is tried again at the next interval")]
    public static partial void MaintenanceFailed(ILogger logger, Exception exception);

    [LoggerMessage(90, LogLevel.Information, "This node does the maintenance of the database and of the object store from now on")]
    public static partial void Elected(ILogger logger);

    [LoggerMessage(20, LogLevel.Warning, "Account {Account} has used {Percent} percent of its quota")]
    public static partial void QuotaWarning(ILogger logger, long account, int percent);

    [LoggerMessage(11, LogLevel.Warning, "Message {Content} could not be indexed; it is tried again in {Pause}: {Reason}")]
    public static partial void IndexPutOff(ILogger logger, long content, TimeSpan pause, string reason);

    [LoggerMessage(12, LogLevel.Warning, "Message {Content} is left out of the search index, searches read it: {Reason}")]
    public static partial void IndexLeftOut(ILogger logger, long content, string reason);

    [LoggerMessage(13, LogLevel.Warning, "Indexing failed; it is tried again in {Pause}")]
    public static partial void IndexingFailed(ILogger logger, TimeSpan pause, Exception exception);

    [LoggerMessage(80, LogLevel.Warning, "Wrong passwords could not be counted together with the other nodes; it is tried again")]
    public static partial void LoginLimitsFailed(ILogger logger, Exception exception);

    [LoggerMessage(81, LogLevel.Warning, "Logins blocked for {Kind} {User} from {Network} after {Failures} wrong passwords, for {Time}")]
    public static partial void LoginBlocked(ILogger logger, string kind, string network, string user, int failures, TimeSpan time);

    [LoggerMessage(83, LogLevel.Information, "Administrator {Actor} on {Machine}: {Action} {Detail}: {Outcome} {Reason}")]
    public static partial void AdministratorActed(ILogger logger, string actor, string machine, string action, string detail, string outcome, string reason);

    [LoggerMessage(84, LogLevel.Warning, "What an administrator has done could not be read from the audit log")]
    public static partial void AuditNotRead(ILogger logger, Exception exception);

    [LoggerMessage(82, LogLevel.Warning, "The audit log could not be written or cleared; it is tried again")]
    public static partial void AuditFailed(ILogger logger, Exception exception);

    [LoggerMessage(70, LogLevel.Warning, "The maildrops of POP3 sessions could not be looked at or changed")]
    public static partial void MaildropFailed(ILogger logger, Exception exception);

    [LoggerMessage(60, LogLevel.Information, "{Operations} messages that have left are forgotten")]
    public static partial void RelayOperationsTrimmed(ILogger logger, long operations);

    [LoggerMessage(50, LogLevel.Warning, "Sieve scripts, their log or their history could not be read or changed")]
    public static partial void SieveFailed(ILogger logger, Exception exception);

    [LoggerMessage(51, LogLevel.Error, "{File}, a Sieve script or list of the site, cannot be used: {Reason}")]
    public static partial void SiteFileFailed(ILogger logger, string file, string reason);

    [LoggerMessage(53, LogLevel.Error, "{File}, a Sieve script or list of the site, cannot be used as it is now; what it had before stays in force: {Reason}")]
    public static partial void SiteFileKept(ILogger logger, string file, string reason);

    [LoggerMessage(54, LogLevel.Information, "{File}, a Sieve script or list of the site, can be used again")]
    public static partial void SiteFileRecovered(ILogger logger, string file);

    [LoggerMessage(52, LogLevel.Information, "{Rows} answers and messages that scripts remembered are forgotten")]
    public static partial void SieveHistoryTrimmed(ILogger logger, long rows);

    [LoggerMessage(70, LogLevel.Warning, "TLS certificates of the database, or answers to ACME servers, could not be read")]
    public static partial void CertificatesFailed(ILogger logger, Exception exception);

    [LoggerMessage(71, LogLevel.Error, "The keys of these TLS certificates cannot be read with tls_store.secret or tls_store.previous_secrets, so they are not used: {Names}")]
    public static partial void CertificateKeysUnreadable(ILogger logger, string names);

    [LoggerMessage(80, LogLevel.Warning, "What an administrator asked about sessions could not be answered")]
    public static partial void SessionsNotAnswered(ILogger logger, Exception exception);

    [LoggerMessage(81, LogLevel.Information, "{Count} sessions are ended for an administrator: {Filter}")]
    public static partial void SessionsEnded(ILogger logger, int count, string filter);
}
