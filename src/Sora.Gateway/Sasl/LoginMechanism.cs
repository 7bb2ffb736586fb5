using System.Diagnostics.CodeAnalysis;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Sasl;

/// <summary>LOGIN, which was never standardised and is offered for clients that know nothing else: name and password, each asked for.</summary>
internal sealed class LoginMechanism(SaslContext context) : SaslMechanism
{
    private static readonly byte[] UserPrompt = "Username:"u8.ToArray();
    private static readonly byte[] PasswordPrompt = "Password:"u8.ToArray();

    private string? _user;

    public override bool IsClientFirst => false;

    public override async ValueTask<SaslStep> StepAsync(byte[]? response, CancellationToken cancellationToken)
    {
        if (response is null)
            return SaslStep.Ask(UserPrompt);
        if (!TryRead(response, out var text))
            return SaslStep.Fail(new MailError(MailErrorCode.ClientBug, "Response is not UTF-8, or has a NUL"));
        if (_user is null)
        {
            _user = text;
            return SaslStep.Ask(PasswordPrompt);
        }

        return SaslStep.Of(
            await PasswordLogin.CheckAsync(context, new PlainMessage("", _user, text), cancellationToken).ConfigureAwait(false));
    }

    private static bool TryRead(byte[] response, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (response.AsSpan().Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(response))
            return false;
        text = Encoding.UTF8.GetString(response);
        return true;
    }
}
