using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace Sora.Contracts;

/// <summary>The hash functions with which SCRAM is spoken.</summary>
[Flags]
public enum ScramHashes
{
    None = 0,

    /// <summary>SCRAM-SHA-1 (RFC 5802).</summary>
    Sha1 = 1,

    /// <summary>SCRAM-SHA-256 (RFC 7677).</summary>
    Sha256 = 2,
}

/// <summary>What a server keeps of a password for SCRAM (RFC 5802 section 3): enough to check a proof, too little to make one.</summary>
/// <param name="Hash">One hash function.</param>
/// <param name="Iterations">Rounds of Hi().</param>
/// <param name="Salt">Random octets.</param>
/// <param name="StoredKey">H(ClientKey).</param>
/// <param name="ServerKey">With what the server proves that it knows the password.</param>
public sealed record ScramKeys(
    ScramHashes Hash, int Iterations, ImmutableArray<byte> Salt, ImmutableArray<byte> StoredKey, ImmutableArray<byte> ServerKey)
{
    /// <summary>Octets of the hash function.</summary>
    public static int LengthOf(ScramHashes hash) => hash switch
    {
        ScramHashes.Sha1 => SHA1.HashSizeInBytes,
        ScramHashes.Sha256 => SHA256.HashSizeInBytes,
        _ => throw new ArgumentOutOfRangeException(nameof(hash)),
    };

    /// <summary>
    /// The keys of a password. It is prepared as a stored string; one for which that fails is taken as it comes, as many clients do with it.
    /// </summary>
    public static ScramKeys Derive(ScramHashes hash, string password, ReadOnlySpan<byte> salt, int iterations)
    {
        ArgumentNullException.ThrowIfNull(password);
        var normalized = Encoding.UTF8.GetBytes(Saslprep.Prepare(password) ?? password);
        Span<byte> salted = stackalloc byte[LengthOf(hash)];
        Span<byte> clientKey = stackalloc byte[LengthOf(hash)];
        try
        {
            Rfc2898DeriveBytes.Pbkdf2(normalized, salt, salted, iterations, NameOf(hash));
            CryptographicOperations.HmacData(NameOf(hash), salted, "Client Key"u8, clientKey);
            return new ScramKeys(
                hash,
                iterations,
                [.. salt],
                [.. CryptographicOperations.HashData(NameOf(hash), clientKey)],
                [.. CryptographicOperations.HmacData(NameOf(hash), salted, "Server Key"u8)]);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(normalized);
            CryptographicOperations.ZeroMemory(salted);
            CryptographicOperations.ZeroMemory(clientKey);
        }
    }

    /// <summary>Whether a ClientProof shows that the client knows the password. Takes the same time for all proofs.</summary>
    public bool Verify(ReadOnlySpan<byte> authMessage, ReadOnlySpan<byte> proof)
    {
        var length = LengthOf(Hash);
        if (proof.Length != length)
            return false;
        Span<byte> clientKey = stackalloc byte[length];
        Span<byte> storedKey = stackalloc byte[length];
        CryptographicOperations.HmacData(NameOf(Hash), StoredKey.AsSpan(), authMessage, clientKey);
        for (var i = 0; i < length; i++)
            clientKey[i] ^= proof[i];
        CryptographicOperations.HashData(NameOf(Hash), clientKey, storedKey);
        CryptographicOperations.ZeroMemory(clientKey);
        return CryptographicOperations.FixedTimeEquals(storedKey, StoredKey.AsSpan());
    }

    /// <summary>Whether one challenge is good for both.</summary>
    public bool HasSaltOf(ScramKeys other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Hash == other.Hash && Iterations == other.Iterations && Salt.AsSpan().SequenceEqual(other.Salt.AsSpan());
    }

    /// <summary>ServerSignature.</summary>
    public byte[] Sign(ReadOnlySpan<byte> authMessage) => CryptographicOperations.HmacData(NameOf(Hash), ServerKey.AsSpan(), authMessage);

    private static HashAlgorithmName NameOf(ScramHashes hash) => hash == ScramHashes.Sha1 ? HashAlgorithmName.SHA1 : HashAlgorithmName.SHA256;
}

/// <summary>What a name's proof is checked with: one salt, because the server must name it before it knows which password the client has.</summary>
/// <param name="Keys">One of each password of the name, all with the same hash function, salt and rounds; never empty. Made up, and always with the same salt for the same name, when nobody can log in so.</param>
public sealed record ScramChallenge(ImmutableArray<ScramKeys> Keys)
{
    /// <summary>The keys whose password the client has; null when it has none. What it costs does not tell which.</summary>
    public ScramKeys? FindProven(ReadOnlySpan<byte> authMessage, ReadOnlySpan<byte> proof)
    {
        ScramKeys? found = null;
        foreach (var keys in Keys)
        {
            if (keys.Verify(authMessage, proof))
                found ??= keys;
        }

        return found;
    }
}
