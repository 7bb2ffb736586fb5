using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Sora.Gateway.Sasl;

/// <summary>A client's SASL response as IMAP and ManageSieve carry it: base64 (RFC 4648 section 4), with its padding and nothing else.</summary>
internal static class SaslResponse
{
    /// <summary>The client gives up (RFC 9051 section 6.2.2, RFC 5804 section 2.1).</summary>
    public static bool IsCancel(ReadOnlySpan<byte> response) => response.SequenceEqual("*"u8);

    /// <summary>A challenge in base64.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> challenge)
    {
        var text = new byte[Base64.GetMaxEncodedToUtf8Length(challenge.Length)];
        Base64.EncodeToUtf8(challenge, text, out _, out var written);
        return text.AsSpan(0, written).ToArray();
    }

    public static bool TryDecode(ReadOnlySpan<byte> response, [NotNullWhen(true)] out byte[]? decoded)
    {
        decoded = null;
        if (response.ContainsAny((byte)' ', (byte)'\t') || response.ContainsAny((byte)'\r', (byte)'\n'))
            return false;
        var buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(response.Length)];
        if (Base64.DecodeFromUtf8(response, buffer, out _, out var written) != OperationStatus.Done)
            return false;
        decoded = buffer[..written];
        return true;
    }
}
