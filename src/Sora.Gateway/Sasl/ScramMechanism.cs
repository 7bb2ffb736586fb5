using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>
/// SCRAM-SHA-1, SCRAM-SHA-256 and their -PLUS forms (RFC 5802, RFC 7677). A name that cannot log in goes through the whole exchange with made-up keys and fails at its end as a wrong password does.
/// </summary>
/// <param name="plus">The mechanism's name ends with -PLUS: the client must bind the TLS channel.</param>
/// <param name="makeNonce">Makes the server's part of the nonce, printable without commas.</param>
internal sealed class ScramMechanism(SaslContext context, ScramHashes hash, bool plus, Func<string> makeNonce) : SaslMechanism
{
    private const int NonceLength = 18;

    private static readonly MailError Failed = new(MailErrorCode.AuthenticationFailed, "Authentication failed");

    private ScramClientFirst? _clientFirst;
    private ScramChallenge? _challenge;
    private string _user = "";
    private string _actFor = "";
    private string _nonce = "";
    private string _serverFirst = "";

    public static string MakeNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(NonceLength));

    public override ValueTask<SaslStep> StepAsync(byte[]? response, CancellationToken cancellationToken) =>
        _clientFirst is null ? BeginAsync(response, cancellationToken) : FinishAsync(response, cancellationToken);

    private async ValueTask<SaslStep> BeginAsync(byte[]? response, CancellationToken cancellationToken)
    {
        if (!ScramClientFirst.TryParse(response, out var message, out var error))
            return Refuse(error);
        if (WhyNotBound(message) is { } binding)
            return Refuse(binding);

        // Section 5.1: the name is a query string; one that is empty afterwards is no name
        if (Saslprep.Prepare(message.User, allowUnassigned: true) is not { Length: > 0 } user)
            return Refuse(ScramError.InvalidUserNameEncoding);
        var (login, actFor) = context.Masters.Split(user);
        if (await context.Guard.BeforeAsync(context.Attempt(login), cancellationToken).ConfigureAwait(false) is { } refused)
            return SaslStep.Fail(refused);

        // Reading the keys of a user who has some takes a tenth of a millisecond longer than making some up
        var hold = context.NameDelay > TimeSpan.Zero ? Task.Delay(context.NameDelay, context.Time, cancellationToken) : Task.CompletedTask;
        var found = await context.Accounts.FindScramAsync(context.Request(login), hash, cancellationToken).ConfigureAwait(false);
        await hold.ConfigureAwait(false);
        if (!found.IsOk)
            return SaslStep.Fail(found.Error);
        _challenge = found.Value;
        _user = login;
        _actFor = message.AuthorizationId.Length > 0 ? message.AuthorizationId : actFor;
        _clientFirst = message;
        _nonce = message.Nonce + makeNonce();
        var keys = _challenge.Keys[0];
        _serverFirst = FormattableString.Invariant($"r={_nonce},s={Convert.ToBase64String(keys.Salt.AsSpan())},i={keys.Iterations}");
        return SaslStep.Ask(Encoding.ASCII.GetBytes(_serverFirst));
    }

    private async ValueTask<SaslStep> FinishAsync(byte[]? response, CancellationToken cancellationToken)
    {
        var first = _clientFirst!;
        if (!ScramClientFinal.TryParse(response, out var message, out var error))
            return Refuse(error);
        if (!message.ChannelBinding.AsSpan().SequenceEqual(ExpectedBinding(first)))
            return await RefuseLateAsync(ScramError.ChannelBindingsDontMatch, cancellationToken).ConfigureAwait(false);
        if (message.Nonce != _nonce)
            return await RefuseLateAsync(ScramError.OtherError, cancellationToken).ConfigureAwait(false);
        var authMessage = Encoding.UTF8.GetBytes($"{first.Bare},{_serverFirst},{message.WithoutProof}");
        if (_challenge!.FindProven(authMessage, message.Proof) is not { } keys)
            return await RefuseLateAsync(ScramError.InvalidProof, cancellationToken).ConfigureAwait(false);

        // The exchange may have taken minutes: a password that was changed meanwhile does not let in, and neither does a deleted account
        var now = await context.Accounts.ConfirmScramAsync(context.Request(_user), keys, cancellationToken).ConfigureAwait(false);
        if (now.Error is { Code: MailErrorCode.AuthenticationFailed })
            return await RefuseLateAsync(ScramError.InvalidProof, cancellationToken).ConfigureAwait(false);
        if (!now.IsOk)
            return SaslStep.Fail(now.Error, Reason(ScramError.OtherError));
        var acting = await context.Guard.AfterAsync(
            context.Begin(_user), now.Value, (proven, token) => context.Masters.ActAsync(proven, _user, _actFor, context.Client, token), cancellationToken).ConfigureAwait(false);
        if (!acting.IsOk)
            return SaslStep.Fail(acting.Error, Reason(acting.Error.Code == MailErrorCode.AuthenticationFailed ? ScramError.InvalidProof : ScramError.OtherError));
        return SaslStep.Succeed(acting.Value, Encoding.ASCII.GetBytes("v=" + Convert.ToBase64String(keys.Sign(authMessage))));
    }

    private string? WhyNotBound(ScramClientFirst message) => message.Binding switch
    {
        // Section 6: the client believes that this server cannot bind, but it was told that it can: somebody has changed what it was told
        ScramBinding.Unsupported when plus || context.OffersBinding => ScramError.ServerDoesSupportChannelBinding,
        ScramBinding.None when plus => ScramError.ChannelBindingsDontMatch,
        ScramBinding.Named when !plus => ScramError.ChannelBindingNotSupported,
        ScramBinding.Named when context.Client.ChannelBinding(message.BindingName) is null => ScramError.UnsupportedChannelBindingType,
        _ => null,
    };

    private byte[] ExpectedBinding(ScramClientFirst first)
    {
        var header = Encoding.UTF8.GetBytes(first.Header);
        return first.Binding == ScramBinding.Named ? [.. header, .. context.Client.ChannelBinding(first.BindingName) ?? []] : header;
    }

    private SaslStep Refuse(string error) => SaslStep.Fail(Failed, Reason(error));

    // After an answer that could have been right: all of these take the same time
    private async ValueTask<SaslStep> RefuseLateAsync(string error, CancellationToken cancellationToken)
    {
        var refused = await context.Guard.AfterAsync(
            context.Begin(_user), Failed, static (proven, _) => new ValueTask<MailResult<AccountIdentity>>(proven), cancellationToken).ConfigureAwait(false);
        return SaslStep.Fail(refused.Error!, Reason(error));
    }

    private byte[]? Reason(string error) => context.TellsScramErrors ? Encoding.ASCII.GetBytes("e=" + error) : null;
}
