using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;

namespace Sora.Mailstore.Sieve;

/// <summary>BLAKE3-256 of scripts, and of what the database need not know in clear.</summary>
internal static class ScriptHash
{
    public static ContentHash Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Blake3Hasher.HashLength];
        Blake3Hasher.Hash(content, hash);
        return ContentHash.From(hash);
    }

    public static byte[] Of(string text)
    {
        var hash = new byte[Blake3Hasher.HashLength];
        Blake3Hasher.Hash(Encoding.UTF8.GetBytes(text), hash);
        return hash;
    }
}
