using System.Security.Cryptography;

namespace Sora.Gateway.Lmtp;

/// <summary>Names of transactions in replies, Received fields and logs: unique in practice over all nodes and restarts.</summary>
internal static class TransactionId
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static long _counter = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8));

    /// <summary>13 letters and digits.</summary>
    public static string Next() => string.Create(13, Mix((ulong)Interlocked.Increment(ref _counter)), static (text, value) =>
    {
        for (var i = 0; i < text.Length; i++, value >>= 5)
            text[i] = Alphabet[(int)(value & 31)];
    });

    // A bijection, so that neighbours do not look alike
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
