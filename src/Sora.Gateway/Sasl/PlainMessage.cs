using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sora.Gateway.Sasl;

/// <summary>The client's message of the PLAIN mechanism (RFC 4616 section 2): <c>[authzid] NUL authcid NUL passwd</c>, UTF-8.</summary>
internal sealed record PlainMessage(string AuthorizationId, string AuthenticationId, string Password)
{
    /// <summary>The client wants to act as somebody else than it proves to be.</summary>
    public bool IsForOtherIdentity => !IsSame(AuthorizationId, AuthenticationId);

    /// <summary>The identity to act as is none, or that which was proven.</summary>
    public static bool IsSame(string authorizationId, string authenticationId) =>
        authorizationId.Length == 0 || authorizationId.Equals(authenticationId, StringComparison.OrdinalIgnoreCase);

    public static bool TryParse(ReadOnlySpan<byte> message, [NotNullWhen(true)] out PlainMessage? plain)
    {
        plain = null;
        var first = message.IndexOf((byte)0);
        if (first < 0)
            return false;
        var rest = message[(first + 1)..];
        var second = rest.IndexOf((byte)0);
        if (second <= 0 || rest[(second + 1)..].Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(message))
            return false;
        plain = new PlainMessage(
            Encoding.UTF8.GetString(message[..first]),
            Encoding.UTF8.GetString(rest[..second]),
            Encoding.UTF8.GetString(rest[(second + 1)..]));
        return true;
    }
}
