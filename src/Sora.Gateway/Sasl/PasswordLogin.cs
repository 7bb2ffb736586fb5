using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>Checks passwords for all protocols.</summary>
internal static class PasswordLogin
{
    /// <summary>Who has proven an identity may still not act as another.</summary>
    public static readonly MailError NotForOthers = new(MailErrorCode.AuthorizationFailed, "Acting for others is not allowed");

    /// <summary>
    /// Who logs in with this name and password, and for whom it acts. AUTHENTICATIONFAILED, AUTHORIZATIONFAILED, UNAVAILABLE; the answer to a wrong password is held back.
    /// </summary>
    public static async ValueTask<MailResult<AccountIdentity>> CheckAsync(SaslContext context, PlainMessage plain, CancellationToken cancellationToken)
    {
        var (login, actFor) = context.Masters.Split(plain.AuthenticationId);
        if (plain.IsForOtherIdentity)
            actFor = plain.AuthorizationId;
        if (await context.Guard.BeforeAsync(context.Attempt(login), cancellationToken).ConfigureAwait(false) is { } refused)
            return refused;
        var attempt = context.Begin(login); // its time begins with the check
        var proven = await context.Accounts.AuthenticateAsync(context.Request(login), plain.Password, cancellationToken).ConfigureAwait(false);
        return await context.Guard.AfterAsync(
            attempt, proven, (identity, token) => context.Masters.ActAsync(identity, login, actFor, context.Client, token), cancellationToken).ConfigureAwait(false);
    }
}
