using System.Security.Cryptography;
using System.Text;

namespace Sora.Gateway.Tests.Sasl;

/// <summary>A client of SCRAM, with SHA-256 unless another hash is named, written after RFC 5802 section 3, with nothing of the server's in it.</summary>
internal sealed class ScramClient(string user, string password, string header = "n,,", byte[]? binding = null, HashAlgorithmName? hash = null)
{
    private readonly HashAlgorithmName _hash = hash ?? HashAlgorithmName.SHA256;
    private readonly string _nonce = Convert.ToBase64String(RandomNumberGenerator.GetBytes(12));
    private string _signature = "";

    public string First => Base64($"{header}n={user},r={_nonce}");

    /// <summary>The server's challenge, decoded.</summary>
    public string Challenge { get; private set; } = "";

    public string Final(string serverFirst, string? nonce = null, string? proof = null)
    {
        Challenge = Text(serverFirst);
        var parts = Challenge.Split(',');
        parts[0].ShouldStartWith("r=" + _nonce);
        var salt = Convert.FromBase64String(parts[1][2..]);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, int.Parse(parts[2][2..]), _hash, CryptographicOperations.HashData(_hash, ReadOnlySpan<byte>.Empty).Length);
        byte[] data = [.. Encoding.UTF8.GetBytes(header), .. binding ?? []];
        var without = $"c={Convert.ToBase64String(data)},{(nonce is null ? parts[0] : "r=" + nonce)}";
        var auth = Encoding.UTF8.GetBytes($"n={user},r={_nonce},{Challenge},{without}");
        var clientKey = CryptographicOperations.HmacData(_hash, salted, "Client Key"u8);
        var signature = CryptographicOperations.HmacData(_hash, CryptographicOperations.HashData(_hash, clientKey), auth);
        for (var i = 0; i < clientKey.Length; i++)
            clientKey[i] ^= signature[i];
        _signature = "v=" + Convert.ToBase64String(CryptographicOperations.HmacData(_hash, CryptographicOperations.HmacData(_hash, salted, "Server Key"u8), auth));
        return Base64($"{without},p={proof ?? Convert.ToBase64String(clientKey)}");
    }

    public void ShouldBelieve(string serverFinal) => Text(serverFinal).ShouldBe(_signature);

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    public static string Text(string base64) => Encoding.UTF8.GetString(Convert.FromBase64String(base64));
}
