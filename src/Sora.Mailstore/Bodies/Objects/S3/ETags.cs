using System.Security.Cryptography;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>
/// S3's ETag of an object that was put in one piece is the MD5 of its bytes, unless it is encrypted with a key of KMS. It is compared to find what was changed
/// on the way, not what somebody has forged: for that there is the BLAKE3 in the object's name.
/// </summary>
internal static class ETags
{
    /// <summary>The MD5 that an ETag is; null when it is none.</summary>
    public static byte[]? Md5Of(string? etag, S3Options options)
    {
        var text = etag.AsSpan().Trim('"');
        if (options.ServerSideEncryption == S3Encryption.Kms || text.Length != MD5.HashSizeInBytes * 2)
            return null;
        var md5 = new byte[MD5.HashSizeInBytes];
        return Convert.FromHexString(text, md5, out _, out _) == System.Buffers.OperationStatus.Done ? md5 : null;
    }

    /// <summary>Whether S3 has other bytes than those that were sent.</summary>
    public static void Compare(string? etag, ReadOnlySpan<byte> sent, S3Options options, string name)
    {
        if (Md5Of(etag, options) is { } md5 && !sent.SequenceEqual(md5))
            throw new S3Exception(S3Trouble.Damaged, $"{name} was changed on its way to S3");
    }

#pragma warning disable CA5351 // see above
    public static IncrementalHash NewMd5() => IncrementalHash.CreateHash(HashAlgorithmName.MD5);

    public static byte[] HashMd5(ReadOnlySpan<byte> bytes) => MD5.HashData(bytes);
#pragma warning restore CA5351
}
