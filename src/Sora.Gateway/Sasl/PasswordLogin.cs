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
        var started = context.Time.GetTimestamp();
        var proven = await context.Accounts.AuthenticateAsync(context.Request(login), plain.Password, cancellationToken).ConfigureAwait(false);
        if (proven.Error is { Code: MailErrorCode.AuthenticationFailed })
        {
            // Counted from the beginning, so that what the check took does not show: hashes of other servers take other times
            var left = context.FailureDelay - context.Time.GetElapsedTime(started);
            if (left > TimeSpan.Zero)
                await Task.Delay(left, context.Time, cancellationToken).ConfigureAwait(false);
        }

        return proven.IsOk
            ? await context.Masters.ActAsync(proven.Value, login, actFor, context.Client, cancellationToken).ConfigureAwait(false)
            : proven;
    }
}
