using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Sora.Contracts;
using Sora.Gateway.Connections;

namespace Sora.Gateway.Sasl;

/// <summary>
/// Stands before and behind every check of whatever a client logs in with, on all protocols: it refuses those who have guessed too often, holds answers back, counts, logs and
/// writes down.
/// </summary>
public sealed class LoginGuard
{
    private static readonly MailError Wrong = new(MailErrorCode.AuthenticationFailed, "Authentication failed");
    private static readonly MailError TooMany = new(MailErrorCode.Limit, "Too many failed logins, try again later");

    private readonly ILoginLimits? _limits;
    private readonly ILoginJournal? _journal;
    private readonly IAccounts? _accounts;
    private readonly GatewayMetrics? _metrics;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly ILogger _logger = NullLogger.Instance;

    /// <param name="limits">Null: nobody guesses too often.</param>
    /// <param name="journal">Null: nothing is written down.</param>
    public LoginGuard(
        ILoginLimits? limits, ILoginJournal? journal, IAccounts accounts, GatewayMetrics metrics, TimeProvider time, ILogger<LoginGuard> logger)
    {
        _limits = limits;
        _journal = journal;
        _accounts = accounts;
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    private LoginGuard(TimeProvider time) => _time = time;

    /// <summary>Only holds answers back.</summary>
    internal static LoginGuard Off(TimeProvider time) => new(time);

    /// <summary>Before a check: null when there may be one, else the client's answer. Waits when some were wrong already.</summary>
    internal async ValueTask<MailError?> BeforeAsync(LoginAttempt attempt, CancellationToken cancellationToken)
    {
        if (_limits is null)
            return null;
        var permission = await _limits.AskAsync(attempt.Address, attempt.User, cancellationToken).ConfigureAwait(false);
        if (!permission.IsBlocked)
            return null;

        // Not at once: somebody who does not mind refusals shall not be served faster than others
        var delay = Task.Delay(attempt.FailureDelay, _time, cancellationToken);
        var known = await KnownAsync(attempt.User, cancellationToken).ConfigureAwait(false);
        await delay.ConfigureAwait(false);
        return Blocked(attempt, known is null ? null : attempt.User, permission);
    }

    /// <summary>
    /// Behind a check: who the client is, which is not <paramref name="proven"/> when too many were wrong in the meantime. The answer to a wrong password is held back.
    /// </summary>
    /// <param name="proven">What the check said.</param>
    /// <param name="act">Whom the proven identity acts for, if that is allowed.</param>
    internal async ValueTask<MailResult<AccountIdentity>> AfterAsync(
        LoginAttempt attempt,
        MailResult<AccountIdentity> proven,
        Func<AccountIdentity, CancellationToken, ValueTask<MailResult<AccountIdentity>>> act,
        CancellationToken cancellationToken)
    {
        if (!proven.IsOk)
            return await FailedAsync(attempt, proven.Error, cancellationToken).ConfigureAwait(false);
        if (_limits is not null
            && await _limits.SucceededAsync(attempt.Address, attempt.User, attempt.IsPassword ? proven.Value.Account : null, cancellationToken)
                .ConfigureAwait(false) is { IsBlocked: true } blocked)
        {
            return blocked.Block == LoginBlock.Account
                ? await WrongAsync(attempt, Wrong, blocked, cancellationToken).ConfigureAwait(false)
                : await BlockedAsync(attempt, blocked, cancellationToken).ConfigureAwait(false);
        }

        var acting = await act(proven.Value, cancellationToken).ConfigureAwait(false);
        var other = acting.IsOk && acting.Value.Account != proven.Value.Account ? acting.Value.PrimaryAddress : null;
        var outcome = acting.IsOk ? LoginOutcome.Ok
            : acting.Error.Code == MailErrorCode.Unavailable ? LoginOutcome.Unavailable : LoginOutcome.Unauthorized;
        Record(attempt, attempt.User, acting.IsOk ? acting.Value.Account : null, other, outcome, null);
        return acting;
    }

    private async ValueTask<MailResult<AccountIdentity>> FailedAsync(LoginAttempt attempt, MailError error, CancellationToken cancellationToken)
    {
        if (error.Code != MailErrorCode.AuthenticationFailed)
        {
            // The password was right, but for nothing that may be done with it now; or it could not be checked
            if (error.Code == MailErrorCode.Unavailable)
                Record(attempt, null, null, null, LoginOutcome.Unavailable, null);
            else
                Record(attempt, attempt.User, null, null, LoginOutcome.Unauthorized, Word(error.Code));
            return error;
        }

        return await WrongAsync(attempt, error, default, cancellationToken).ConfigureAwait(false);
    }

    // A password that is wrong, or that is to look so because of what was guessed at the account's other addresses
    private async ValueTask<MailError> WrongAsync(LoginAttempt attempt, MailError error, LoginPermission account, CancellationToken cancellationToken)
    {
        var known = await KnownAsync(attempt.User, cancellationToken).ConfigureAwait(false);
        var user = known is null ? null : attempt.User;
        var permission = _limits is null
            ? default
            : await _limits.FailedAsync(attempt.Address, attempt.User, known, cancellationToken).ConfigureAwait(false);
        await HoldAsync(attempt, cancellationToken).ConfigureAwait(false);
        if (permission.IsBlocked)
            return Blocked(attempt, user, permission);
        if (account.IsBlocked)
            Blocked(attempt, user, account);
        else
            Record(attempt, user, null, null, LoginOutcome.Wrong, null);
        return error;
    }

    // Behind everything that depends on who the user is, so that the time of the answer tells nothing of it: hashes of other servers take other times. What takes longer than the delay is held
    // until it has passed again, because the end of a long check would tell as well.
    private async Task HoldAsync(LoginAttempt attempt, CancellationToken cancellationToken)
    {
        var (whole, took) = (attempt.FailureDelay, _time.GetElapsedTime(attempt.Started));
        if (whole <= TimeSpan.Zero)
            return;
        if (took > whole)
            await Task.Delay(TimeSpan.FromTicks(whole.Ticks - (took.Ticks % whole.Ticks)), _time, cancellationToken).ConfigureAwait(false);
        else
            await (attempt.Hold ?? Task.Delay(whole - took, _time, cancellationToken)).WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<MailError> BlockedAsync(LoginAttempt attempt, LoginPermission permission, CancellationToken cancellationToken) =>
        Blocked(attempt, await KnownAsync(attempt.User, cancellationToken).ConfigureAwait(false) is null ? null : attempt.User, permission);

    private MailError Blocked(LoginAttempt attempt, string? user, LoginPermission permission)
    {
        Record(attempt, user, null, null, LoginOutcome.Blocked, permission.Block switch
        {
            LoginBlock.Address => "address",
            LoginBlock.User => "user",
            LoginBlock.UserAtAddress => "pair",
            LoginBlock.Account => "account",
            _ => "waiting",
        });
        return TooMany;
    }

    // A name that is nobody's is shown to nobody: it may be a password that was typed into the wrong field
    private async ValueTask<AccountIdentity?> KnownAsync(string user, CancellationToken cancellationToken)
    {
        try
        {
            return _accounts is null ? null : await _accounts.FindAsync(user, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.NameNotFound(_logger, e);
            return null;
        }
    }

    private void Record(LoginAttempt attempt, string? user, AccountId? account, string? actedFor, LoginOutcome outcome, string? reason)
    {
        if (outcome != LoginOutcome.Ok)
            Log.LoginFailed(_logger, attempt.Protocol, attempt.Mechanism, user ?? "an unknown user", attempt.Address, outcome, reason ?? "");
        _metrics?.Login(attempt.Protocol, attempt.Mechanism, outcome, reason);
        _journal?.Record(new LoginEvent(attempt.Protocol, attempt.Mechanism, attempt.Address, user, account, actedFor, outcome, reason));
    }

    private static string Word(MailErrorCode code) => code switch
    {
        MailErrorCode.Expired => "expired",
        MailErrorCode.ContactAdmin => "disabled",
        _ => "refused",
    };
}
