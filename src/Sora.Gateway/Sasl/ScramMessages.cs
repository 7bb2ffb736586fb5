using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Sora.Gateway.Sasl;

/// <summary>gs2-cbind-flag (RFC 5802 section 7).</summary>
internal enum ScramBinding
{
    /// <summary>"n": the client does not bind.</summary>
    None,

    /// <summary>"y": the client could, but believes that the server could not.</summary>
    Unsupported,

    /// <summary>"p=": the client binds.</summary>
    Named,
}

/// <summary>client-first-message (RFC 5802 section 7).</summary>
/// <param name="Header">gs2-header, the comma at its end included.</param>
/// <param name="BindingName">The name behind "p=".</param>
/// <param name="AuthorizationId">Whom to act for; empty for oneself.</param>
/// <param name="Bare">client-first-message-bare.</param>
/// <param name="Nonce">c-nonce.</param>
internal sealed record ScramClientFirst(
    string Header, ScramBinding Binding, string BindingName, string AuthorizationId, string Bare, string User, string Nonce)
{
    public static bool TryParse(
        ReadOnlySpan<byte> message, [NotNullWhen(true)] out ScramClientFirst? parsed, [NotNullWhen(false)] out string? error)
    {
        (parsed, error) = (null, ScramError.InvalidEncoding);
        if (!ScramSyntax.TryText(message, out var text))
            return false;
        error = ScramError.OtherError;
        if (text.Split(',') is not [var flag, var authorize, var user, var nonce, .. var extensions])
            return false;
        ScramBinding binding;
        var name = "";
        switch (flag)
        {
            case "n":
                binding = ScramBinding.None;
                break;
            case "y":
                binding = ScramBinding.Unsupported;
                break;
            case ['p', '=', .. { Length: > 0 } named] when named.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '-'):
                (binding, name) = (ScramBinding.Named, named);
                break;
            default:
                return false;
        }

        if (user.StartsWith("m=", StringComparison.Ordinal))
        {
            error = ScramError.ExtensionsNotSupported; // a mandatory extension, and there is none that is known
            return false;
        }

        if (authorize.Length > 0 && !authorize.StartsWith("a=", StringComparison.Ordinal))
            return false;
        if (!user.StartsWith("n=", StringComparison.Ordinal) || nonce is not ['r', '=', .. { Length: > 0 } clientNonce])
            return false;
        if (!ScramSyntax.IsNonce(clientNonce) || !extensions.All(ScramSyntax.IsExtension))
            return false;
        error = ScramError.InvalidUserNameEncoding;
        if (!ScramSyntax.TryName(user[2..], out var userName) || userName.Length == 0)
            return false;
        var authorizationId = "";
        if (authorize.Length > 0 && (!ScramSyntax.TryName(authorize[2..], out authorizationId!) || authorizationId.Length == 0))
            return false;
        var header = $"{flag},{authorize},";
        parsed = new ScramClientFirst(header, binding, name, authorizationId, text[header.Length..], userName, clientNonce);
        error = null;
        return true;
    }
}

/// <summary>client-final-message (RFC 5802 section 7).</summary>
/// <param name="ChannelBinding">cbind-input.</param>
/// <param name="Nonce">The client's and the server's nonce.</param>
/// <param name="WithoutProof">client-final-message-without-proof.</param>
/// <param name="Proof">ClientProof.</param>
internal sealed record ScramClientFinal(byte[] ChannelBinding, string Nonce, string WithoutProof, byte[] Proof)
{
    public static bool TryParse(
        ReadOnlySpan<byte> message, [NotNullWhen(true)] out ScramClientFinal? parsed, [NotNullWhen(false)] out string? error)
    {
        (parsed, error) = (null, ScramError.InvalidEncoding);
        if (!ScramSyntax.TryText(message, out var text))
            return false;
        error = ScramError.OtherError;
        if (text.Split(',') is not [['c', '=', .. var binding], ['r', '=', .. { Length: > 0 } nonce], .. var extensions, ['p', '=', .. var proof]])
            return false;
        if (extensions.Any(static extension => extension.StartsWith("m=", StringComparison.Ordinal)))
        {
            error = ScramError.ExtensionsNotSupported;
            return false;
        }

        if (!extensions.All(ScramSyntax.IsExtension))
            return false;
        error = ScramError.InvalidEncoding;
        if (!SaslResponse.TryDecode(Encoding.UTF8.GetBytes(binding), out var bindingData)
            || !SaslResponse.TryDecode(Encoding.UTF8.GetBytes(proof), out var proofData))
        {
            return false;
        }

        parsed = new ScramClientFinal(bindingData, nonce, text[..^(proof.Length + 3)], proofData);
        error = null;
        return true;
    }
}

/// <summary>What both messages are made of (RFC 5802 section 7).</summary>
internal static class ScramSyntax
{
    /// <summary>UTF-8 without NUL; a leading byte order mark stays.</summary>
    public static bool TryText(ReadOnlySpan<byte> message, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (message.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(message))
            return false;
        text = Encoding.UTF8.GetString(message);
        return true;
    }

    /// <summary>c-nonce: printable, no comma.</summary>
    public static bool IsNonce(string text) => !text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.Contains(',', StringComparison.Ordinal);

    /// <summary>attr-val; what is not known is passed over, because what must be known comes as "m=".</summary>
    public static bool IsExtension(string text) => text is [var name, '=', _, ..] && char.IsAsciiLetter(name);

    /// <summary>saslname: =2C is a comma, =3D is "=", and no other "=" may be there.</summary>
    public static bool TryName(string text, [NotNullWhen(true)] out string? name)
    {
        name = null;
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '=')
            {
                result.Append(text[i]);
                continue;
            }

            switch (text.AsSpan(i + 1))
            {
                case ['2', 'C', ..]:
                    result.Append(',');
                    break;
                case ['3', 'D', ..]:
                    result.Append('=');
                    break;
                default:
                    return false;
            }

            i += 2;
        }

        name = result.ToString();
        return true;
    }
}
