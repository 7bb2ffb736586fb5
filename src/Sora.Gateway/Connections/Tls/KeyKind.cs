using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sora.Gateway.Connections.Tls;

/// <summary>What a certificate's key can sign for, as far as clients differ in what they can check.</summary>
internal enum KeyKind
{
    Rsa,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
}

/// <summary>Tells the kinds of keys apart.</summary>
internal static class KeyKinds
{
    public static KeyKind Of(X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPublicKey();
        return key?.KeySize switch
        {
            null => KeyKind.Rsa,
            256 => KeyKind.EcdsaP256,
            384 => KeyKind.EcdsaP384,
            521 => KeyKind.EcdsaP521,
            _ => throw new CryptographicException("a key on a curve that TLS 1.3 does not know"),
        };
    }
}
