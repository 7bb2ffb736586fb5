using System.Text.Json;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>
/// OAUTHBEARER (RFC 7628) and XOAUTH2, which Google had before it. A client without a good token hears why, answers with a message that says nothing, and then hears that it has
/// failed.
/// </summary>
/// <param name="isGoogle">XOAUTH2.</param>
internal sealed class OAuthMechanism(SaslContext context, ITokenVerifier tokens, SaslOptions options, bool isGoogle) : SaslMechanism
{
    private static readonly MailError Failed = new(MailErrorCode.AuthenticationFailed, "Authentication failed");
    private static readonly MailError NotForThis = new(MailErrorCode.AuthorizationFailed, "The token is not for this protocol");
    private static readonly MailError Malformed = new(MailErrorCode.ClientBug, "Response is malformed");

    public override async ValueTask<SaslStep> StepAsync(byte[]? response, CancellationToken cancellationToken)
    {
        OAuthMessage? message;
        if (isGoogle ? !OAuthMessage.TryParseGoogle(response, out message) : !OAuthMessage.TryParseBearer(response, out message))
            return SaslStep.Fail(Malformed, Reason(TokenOutcome.InvalidRequest, ""));
        if (message.Token is not { } token || !IsForThisServer(message))
            return Refuse(TokenOutcome.InvalidRequest, message);
        if (token.Length == 0)
            return Refuse(TokenOutcome.InvalidToken, message); // so a client asks which token it needs (RFC 7628 section 4.3)
        if (await context.Guard.BeforeAsync(context.Attempt(message.AuthorizationId), cancellationToken).ConfigureAwait(false) is { } refused)
            return SaslStep.Fail(refused);
        var attempt = context.Begin(message.AuthorizationId);
        var check = await tokens.CheckAsync(token, cancellationToken).ConfigureAwait(false);

        // A client that heard of a bad token would throw it away
        MailResult<AccountIdentity> proven = check.Outcome switch
        {
            TokenOutcome.Unavailable => MailError.Unavailable(),
            TokenOutcome.Accepted when !check.Protocols.HasFlag(context.Protocol) => NotForThis,
            TokenOutcome.Accepted => await context.Accounts.AdmitAsync(context.Request(check.User), cancellationToken).ConfigureAwait(false),
            _ => Failed,
        };
        if (check.Outcome == TokenOutcome.Accepted)
            attempt = attempt with { User = check.User };
        var acting = await context.Guard.AfterAsync(
            attempt, proven, (identity, end) => ActAsync(identity, check.User, message.AuthorizationId, end), cancellationToken).ConfigureAwait(false);
        if (acting.IsOk)
            return SaslStep.Succeed(acting.Value) with { Expires = options.OauthEndsSessions ? check.Expires : null };
        if (check.Outcome == TokenOutcome.Accepted && !check.Protocols.HasFlag(context.Protocol))
            check = TokenCheck.Refused(TokenOutcome.InsufficientScope);
        return acting.Error.Code is MailErrorCode.Unavailable or MailErrorCode.Limit
            ? SaslStep.Fail(acting.Error)
            : SaslStep.Fail(acting.Error, Reason(check.Outcome == TokenOutcome.Accepted ? TokenOutcome.InvalidToken : check.Outcome, message.AuthorizationId));
    }

    // Another address of one's own account is oneself
    private async ValueTask<MailResult<AccountIdentity>> ActAsync(AccountIdentity proven, string login, string actFor, CancellationToken cancellationToken)
    {
        if (!PlainMessage.IsSame(actFor, login) && await context.Accounts.FindAsync(actFor, cancellationToken).ConfigureAwait(false) is { } named
            && named.Account == proven.Account)
        {
            return proven;
        }

        return await context.Masters.ActAsync(proven, login, actFor, context.Client, cancellationToken).ConfigureAwait(false);
    }

    // What is known otherwise must be what the client says (RFC 7628 section 3.2)
    private bool IsForThisServer(OAuthMessage message) =>
        (message.Host is not { } host || options.OauthHosts.Count == 0 || options.OauthHosts.Contains(host.TrimEnd('.'), StringComparer.OrdinalIgnoreCase))
        && (message.Port is not { } port || options.OauthPorts.Count == 0 || options.OauthPorts.Contains(port));

    private SaslStep Refuse(TokenOutcome outcome, OAuthMessage message) => SaslStep.Fail(Failed, Reason(outcome, message.AuthorizationId));

    /// <summary>The error result (RFC 7628 section 3.2.2); that of XOAUTH2 has a status of HTTP.</summary>
    private byte[] Reason(TokenOutcome outcome, string user)
    {
        var hint = tokens.HintFor(user, context.Protocol);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("status", (outcome, isGoogle) switch
            {
                (TokenOutcome.InvalidRequest, false) => "invalid_request",
                (TokenOutcome.InsufficientScope, false) => "insufficient_scope",
                (_, false) => "invalid_token",
                (TokenOutcome.InvalidRequest, true) => "400",
                (TokenOutcome.InsufficientScope, true) => "403",
                _ => "401",
            });
            if (isGoogle)
                json.WriteString("schemes", "bearer");
            if (hint.Scope is { } scope)
                json.WriteString("scope", scope);
            if (!isGoogle && hint.OpenIdConfiguration is { } configuration)
                json.WriteString("openid-configuration", configuration);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
