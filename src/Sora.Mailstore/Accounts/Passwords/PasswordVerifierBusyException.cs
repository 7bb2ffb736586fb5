namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// So many checks wait already that this one was not taken. A protocol answers as for any passing fault: IMAP
/// <c>NO [UNAVAILABLE]</c> (RFC 5530), POP3 <c>-ERR [SYS/TEMP]</c> (RFC 3206), ManageSieve <c>NO (TRYLATER)</c> (RFC 5804).
/// </summary>
public sealed class PasswordVerifierBusyException() : Exception("Too many password checks are waiting.");
