using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Relay.Smtp;

/// <summary>The client's side of SCRAM-SHA-256 without channel binding (RFC 5802, RFC 7677).</summary>
internal sealed class ScramClient(string user, string password, string nonce)
{
    public const string Name = "SCRAM-SHA-256";

    // RFC 7677 section 4 asks for at least 4096; a server that asks for very many wants to keep this one busy
    private const int MinIterations = 4096;
    private const int MaxIterations = 1_000_000;

    private readonly string _bare = $"n={user.Replace("=", "=3D", StringComparison.Ordinal).Replace(",", "=2C", StringComparison.Ordinal)},r={nonce}";
    private byte[]? _serverSignature;

    public ScramClient(string user, string password)
        : this(user, password, Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)))
    {
    }

    /// <summary>client-first-message</summary>
    public string First => "n,," + _bare;

    /// <summary>client-final-message for a server-first-message; null when that makes no sense.</summary>
    public string? Answer(string serverFirst)
    {
        if (serverFirst.Split(',') is not [['r', '=', .. var serverNonce], ['s', '=', .. var saltText], ['i', '=', .. var countText], ..]
            || !serverNonce.StartsWith(nonce, StringComparison.Ordinal) || serverNonce.Length == nonce.Length
            || !int.TryParse(countText, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count is < MinIterations or > MaxIterations)
        {
            return null;
        }

        var salt = new byte[saltText.Length];
        if (!Convert.TryFromBase64String(saltText, salt, out var length) || length == 0)
            return null;
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt.AsSpan(0, length), count, HashAlgorithmName.SHA256, 32);
        var clientKey = HMACSHA256.HashData(salted, "Client Key"u8);
        var withoutProof = "c=biws,r=" + serverNonce;
        var message = Encoding.UTF8.GetBytes($"{_bare},{serverFirst},{withoutProof}");
        _serverSignature = HMACSHA256.HashData(HMACSHA256.HashData(salted, "Server Key"u8), message);
        var proof = HMACSHA256.HashData(SHA256.HashData(clientKey), message);
        for (var i = 0; i < proof.Length; i++)
            proof[i] ^= clientKey[i];
        return $"{withoutProof},p={Convert.ToBase64String(proof)}";
    }

    /// <summary>True when a server-final-message shows that the server knows the password too.</summary>
    public bool IsServer(string serverFinal)
    {
        if (_serverSignature is null || serverFinal.Split(',')[0] is not ['v', '=', .. var text])
            return false;
        var signature = new byte[text.Length];
        return Convert.TryFromBase64String(text, signature, out var length)
            && CryptographicOperations.FixedTimeEquals(signature.AsSpan(0, length), _serverSignature);
    }
}
