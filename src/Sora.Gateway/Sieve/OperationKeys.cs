using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Sieve;

/// <summary>
/// Names what leaves because of a message, so that the same message, delivered once more after a failure, sends nothing twice. As in mailboxes, nothing without a
/// Message-ID is taken for a repetition (docs/decisions/0004).
/// </summary>
internal sealed class OperationKeys
{
    private readonly byte[] _message;

    /// <param name="message">The message.</param>
    /// <param name="remembers">Deliveries are remembered; otherwise each one is new.</param>
    public OperationKeys(IngestedMessage message, bool remembers)
    {
        if (!remembers || string.IsNullOrEmpty(message.MessageId))
        {
            _message = RandomNumberGenerator.GetBytes(SHA256.HashSizeInBytes);
            return;
        }

        _message = new byte[ContentHash.Length + Encoding.UTF8.GetByteCount(message.MessageId)];
        message.Hash.WriteTo(_message);
        Encoding.UTF8.GetBytes(message.MessageId, _message.AsSpan(ContentHash.Length));
    }

    /// <summary>The id of an action.</summary>
    /// <param name="account">Whose script.</param>
    /// <param name="kind">What leaves.</param>
    /// <param name="detail">What tells it from others of its kind.</param>
    public string Of(AccountId account, RelayKind kind, string detail)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[sizeof(long) + 1];
        BinaryPrimitives.WriteInt64LittleEndian(number, account.Value);
        number[sizeof(long)] = (byte)kind;
        hash.AppendData(_message);
        hash.AppendData(number);
        hash.AppendData(Encoding.UTF8.GetBytes(detail));
        return $"sieve:{Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }
}
