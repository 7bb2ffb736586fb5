using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>PLAIN (RFC 4616).</summary>
internal sealed class PlainMechanism(SaslContext context) : SaslMechanism
{
    public override async ValueTask<SaslStep> StepAsync(byte[]? response, CancellationToken cancellationToken) =>
        PlainMessage.TryParse(response, out var plain)
            ? SaslStep.Of(await PasswordLogin.CheckAsync(context, plain, cancellationToken).ConfigureAwait(false))
            : SaslStep.Fail(new MailError(MailErrorCode.ClientBug, "Response is not a PLAIN message"));
}
