using System.Buffers;
using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Relay;

/// <summary>Queues messages: one transaction each, one piece of the message in memory at a time.</summary>
internal sealed class RelayQueue(RelayStore store, RelayOptions options, TimeProvider time) : IRelay
{
    private const int ChunkSize = 256 * 1024;

    public async Task<RelayStatus> EnqueueAsync(RelayRequest request, CancellationToken cancellationToken)
    {
        if (!RelayEnvelope.IsValid(request, options.MaxRecipients))
            return RelayStatus.Invalid;
        if (request.Prefix.Length > options.MaxMessage.Bytes)
            return RelayStatus.TooLarge;

        // What is not committed is rolled back with the transaction, the operation too: a refused message may be tried again
        await using var connection = await store.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await RelayStore.BeginOperationAsync(connection, request, cancellationToken))
            return RelayStatus.AlreadyQueued;
        var count = await RelayStore.CountAsync(connection, request.Account, options.MaxQueue, cancellationToken);
        if (count.Hour > options.MaxPerHour || count.Day > options.MaxPerDay)
            return RelayStatus.RateLimited;
        if (count.Waiting + request.Recipients.Count > options.MaxQueue)
            return RelayStatus.QueueFull;
        var expires = time.GetUtcNow() + options.Expiry;
        var id = await RelayStore.InsertAsync(
            connection, request, request.NotAfter is { } limit && limit < expires ? limit : expires, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            var (size, left, number) = (0L, request.Prefix, 0);
            while (true)
            {
                var filled = await FillAsync(buffer.AsMemory(0, ChunkSize), left, request.Rest, cancellationToken);
                left = left[Math.Min(left.Length, filled)..];
                size += filled;
                if (size > options.MaxMessage.Bytes)
                    return RelayStatus.TooLarge;
                if (filled > 0)
                    await RelayStore.WriteChunkAsync(connection, id, number++, buffer.AsMemory(0, filled), cancellationToken);
                if (filled < ChunkSize)
                    break;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await transaction.CommitAsync(cancellationToken);
        return RelayStatus.Queued;
    }

    private static async ValueTask<int> FillAsync(
        Memory<byte> buffer, ReadOnlyMemory<byte> prefix, RelayReader? rest, CancellationToken cancellationToken)
    {
        var filled = Math.Min(prefix.Length, buffer.Length);
        prefix[..filled].CopyTo(buffer);
        while (filled < buffer.Length && rest is not null && await rest(buffer[filled..], cancellationToken) is > 0 and var read)
            filled += read;
        return filled;
    }
}
