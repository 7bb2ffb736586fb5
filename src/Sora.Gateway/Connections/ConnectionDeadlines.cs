namespace Sora.Gateway.Connections;

/// <summary>
/// All timeouts of all connections, one timer for the whole process, one-second resolution. Arming and disarming is one store into a
/// slot; the tick is one pass over the slots. A timeout never comes early and at most two seconds late.
/// </summary>
public sealed class ConnectionDeadlines : IDisposable
{
    internal const int ChunkSlots = 1024;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Stack<DeadlineSlot> _free = new();
    private readonly ITimer _timer;
    private Chunk[] _chunks = [];
    private int _now = 1;

    public ConnectionDeadlines(TimeProvider time)
    {
        _time = time;
        _start = time.GetTimestamp();
        var second = TimeSpan.FromSeconds(1);
        _timer = time.CreateTimer(static state => ((ConnectionDeadlines)state!).Tick(), this, second, second);
    }

    /// <summary>Seconds since the start, plus one: what slots are compared with, and 0 can mean "not armed".</summary>
    internal int Now => Volatile.Read(ref _now);

    /// <summary>Takes two slots (input and output) for a target until <see cref="Release"/>.</summary>
    internal DeadlineSlot Register(IDeadlineTarget target)
    {
        lock (_lock)
        {
            if (_free.Count == 0)
                Grow();
            var slot = _free.Pop();
            slot.Chunk.Targets[slot.Index / 2] = target;
            return slot;
        }
    }

    internal void Release(DeadlineSlot slot)
    {
        lock (_lock)
        {
            slot.Chunk.Due[slot.Index] = slot.Chunk.Due[slot.Index + 1] = 0;
            slot.Chunk.Targets[slot.Index / 2] = null;
            _free.Push(slot);
        }
    }

    internal void Tick()
    {
        var now = (int)_time.GetElapsedTime(_start).TotalSeconds + 1;
        Volatile.Write(ref _now, now);
        foreach (var chunk in Volatile.Read(ref _chunks))
            for (var i = 0; i < chunk.Due.Length; i++)
                if ((uint)(Volatile.Read(ref chunk.Due[i]) - 1) < (uint)now)
                    Expire(chunk, i, now);
    }

    public void Dispose() => _timer.Dispose();

    private void Expire(Chunk chunk, int index, int now)
    {
        IDeadlineTarget? target;
        lock (_lock)
        {
            // The slot may have been armed anew, or belong to another connection by now
            if (chunk.Due[index] == 0 || chunk.Due[index] > now)
                return;
            chunk.Due[index] = 0;
            target = chunk.Targets[index / 2];
        }

        if (target is not null)
            ThreadPool.UnsafeQueueUserWorkItem(
                static item => item.target.DeadlineExpired(item.isOutput), (target, isOutput: (index & 1) == 1), preferLocal: false);
    }

    private void Grow()
    {
        var chunk = new Chunk();
        for (var i = ChunkSlots - 2; i >= 0; i -= 2)
            _free.Push(new DeadlineSlot(chunk, i));
        Volatile.Write(ref _chunks, [.. _chunks, chunk]);
    }

    internal sealed class Chunk
    {
        public readonly int[] Due = new int[ChunkSlots];
        public readonly IDeadlineTarget?[] Targets = new IDeadlineTarget?[ChunkSlots / 2];
    }
}

/// <summary>Who is told that a deadline has passed, on a thread of the pool.</summary>
internal interface IDeadlineTarget
{
    void DeadlineExpired(bool isOutput);
}

/// <summary>A connection's two places in <see cref="ConnectionDeadlines"/>.</summary>
internal readonly record struct DeadlineSlot(ConnectionDeadlines.Chunk Chunk, int Index)
{
    public void ArmInput(ConnectionDeadlines deadlines, TimeSpan timeout) =>
        Volatile.Write(ref Chunk.Due[Index], Due(deadlines, timeout));

    public void ArmOutput(ConnectionDeadlines deadlines, TimeSpan timeout) =>
        Volatile.Write(ref Chunk.Due[Index + 1], Due(deadlines, timeout));

    public void DisarmInput() => Volatile.Write(ref Chunk.Due[Index], 0);

    public void DisarmOutput() => Volatile.Write(ref Chunk.Due[Index + 1], 0);

    // One second more than asked: the current second has partly gone by
    private static int Due(ConnectionDeadlines deadlines, TimeSpan timeout) =>
        (int)Math.Min(int.MaxValue - 1L, deadlines.Now + (long)Math.Ceiling(timeout.TotalSeconds) + 1);
}
