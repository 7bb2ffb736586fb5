using System.Security.Cryptography;
using System.Text;

namespace Sora.Mailstore.Certificates;

/// <summary>
/// Encrypts private keys for the database: AES-256-GCM with a key that HKDF (RFC 5869) makes of the configuration's secret. A version, who made it, nonce, tag, and the key, which cannot be used in another row's place.
/// </summary>
internal sealed class KeySeal
{
    private const byte Version = 1;
    private const int IdLength = 8;
    private const int NonceLength = 12;
    private const int TagLength = 16;
    private const int HeadLength = 1 + IdLength + NonceLength + TagLength;

    private readonly (byte[] Id, byte[] Key)[] _secrets;

    public KeySeal(string secret, IEnumerable<string> previous) => _secrets = [.. previous.Prepend(secret).Select(static text => (Derive(text, "sora key id", IdLength), Derive(text, "sora key seal", 32)))];

    public byte[] Seal(string owner, ReadOnlySpan<byte> key)
    {
        var (id, secret) = _secrets[0];
        var result = new byte[HeadLength + key.Length];
        result[0] = Version;
        id.CopyTo(result, 1);
        var nonce = result.AsSpan(1 + IdLength, NonceLength);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(secret, TagLength);
        aes.Encrypt(nonce, key, result.AsSpan(HeadLength), result.AsSpan(1 + IdLength + NonceLength, TagLength), Encoding.UTF8.GetBytes(owner));
        return result;
    }

    /// <summary>The key; null when it was encrypted with a secret that is not known here, for another owner, or has been changed.</summary>
    public byte[]? Open(string owner, ReadOnlySpan<byte> box)
    {
        if (box.Length < HeadLength || box[0] != Version)
            return null;
        foreach (var (id, secret) in _secrets)
        {
            if (!box.Slice(1, IdLength).SequenceEqual(id))
                continue;
            var key = new byte[box.Length - HeadLength];
            using var aes = new AesGcm(secret, TagLength);
            try
            {
                aes.Decrypt(box.Slice(1 + IdLength, NonceLength), box[HeadLength..], box.Slice(1 + IdLength + NonceLength, TagLength), key, Encoding.UTF8.GetBytes(owner));
                return key;
            }
            catch (AuthenticationTagMismatchException)
            {
                return null;
            }
        }

        return null;
    }

    /// <summary>It was encrypted with the present secret.</summary>
    public bool IsCurrent(ReadOnlySpan<byte> box) => box.Length > HeadLength && box[0] == Version && box.Slice(1, IdLength).SequenceEqual(_secrets[0].Id);

    private static byte[] Derive(string secret, string purpose, int length) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), length, salt: null, Encoding.ASCII.GetBytes(purpose));
}
