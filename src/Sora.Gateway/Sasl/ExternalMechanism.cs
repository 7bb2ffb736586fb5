using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>EXTERNAL (RFC 4422 appendix A): the client is whom its TLS certificate names.</summary>
internal sealed class ExternalMechanism(SaslContext context, IReadOnlyList<ExternalName> names) : SaslMechanism
{
    // A certificate may name any number of addresses; nobody has that many
    private const int MaxNames = 16;

    private static readonly MailError Failed = new(MailErrorCode.AuthenticationFailed, "The certificate names no account");

    public override async ValueTask<SaslStep> StepAsync(byte[]? response, CancellationToken cancellationToken)
    {
        if (!TryRead(response ?? [], out var actFor))
            return SaslStep.Fail(new MailError(MailErrorCode.ClientBug, "Response is not an authorization identity"));
        if (context.Client.ClientCertificate is not { } certificate)
            return SaslStep.Fail(Failed);
        foreach (var login in ExternalIdentity.Of(certificate, names).Take(MaxNames))
        {
            var proven = await context.Accounts.AdmitAsync(context.Request(login), cancellationToken).ConfigureAwait(false);
            if (proven.Error is { Code: MailErrorCode.AuthenticationFailed })
                continue;
            return SaslStep.Of(await context.Guard.AfterAsync(
                context.Attempt(login), proven, (identity, token) => ActAsync(identity, login, actFor, token), cancellationToken).ConfigureAwait(false));
        }

        return SaslStep.Of(await context.Guard.AfterAsync(context.Attempt(""), Failed, Nobody, cancellationToken).ConfigureAwait(false));
    }

    private static ValueTask<MailResult<AccountIdentity>> Nobody(AccountIdentity identity, CancellationToken cancellationToken) => new(Failed);

    // The account's own address is no other identity, whichever of its addresses the certificate has
    private async ValueTask<MailResult<AccountIdentity>> ActAsync(AccountIdentity proven, string login, string actFor, CancellationToken cancellationToken) =>
        PlainMessage.IsSame(actFor, proven.PrimaryAddress)
            ? proven
            : await context.Masters.ActAsync(proven, login, actFor, context.Client, cancellationToken).ConfigureAwait(false);

    // authz-id-string = *( UTF8-char-no-nul )
    private static bool TryRead(byte[] response, [NotNullWhen(true)] out string? identity)
    {
        identity = null;
        if (response.AsSpan().Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(response))
            return false;
        identity = Encoding.UTF8.GetString(response);
        return true;
    }
}
