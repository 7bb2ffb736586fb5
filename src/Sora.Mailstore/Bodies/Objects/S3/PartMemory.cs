using System.Buffers;

namespace Sora.Mailstore.Bodies.Objects.S3;

/// <summary>The memory of all uploads together. Who needs more than is free waits, in the order of arrival; nobody waits while it holds some that it does not use.</summary>
internal sealed class PartMemory(long limit)
{
    private readonly Lock _lock = new();
    private readonly Queue<(TaskCompletionSource Ready, int Size)> _waiting = new();
    private long _used;

    /// <summary>The most that was in use at a time.</summary>
    public long Peak { get; private set; }

    public async ValueTask<Lease> TakeAsync(int size, CancellationToken cancellationToken)
    {
        TaskCompletionSource? ready = null;
        lock (_lock)
        {
            if (_waiting.Count == 0 && _used + size <= limit)
                Give(size);
            else
                _waiting.Enqueue((ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), size));
        }

        if (ready is not null)
        {
            await using var registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), ready);
            await ready.Task;
        }

        return new Lease(this, ArrayPool<byte>.Shared.Rent(size), size);
    }

    private void Give(int size)
    {
        _used += size;
        Peak = Math.Max(Peak, _used);
    }

    private void Return(int size)
    {
        lock (_lock)
        {
            _used -= size;
            while (_waiting.TryPeek(out var next) && (_used + next.Size <= limit || next.Ready.Task.IsCompleted))
            {
                _waiting.Dequeue();
                if (next.Ready.TrySetResult())
                    Give(next.Size);
            }
        }
    }

    /// <summary>A piece of memory, until it is disposed of.</summary>
    internal sealed class Lease(PartMemory owner, byte[] bytes, int size) : IDisposable
    {
        private byte[]? _bytes = bytes;

        public byte[] Bytes => _bytes ?? throw new ObjectDisposedException(nameof(Lease));

        public int Size => size;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _bytes, null) is not { } returned)
                return;
            ArrayPool<byte>.Shared.Return(returned);
            owner.Return(size);
        }
    }
}
