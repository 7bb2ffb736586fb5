namespace Sora.Gateway.Connections;

/// <summary>
/// All timeouts of all connections, one timer for the whole process, one-second resolution. Arming and disarming is one store into a
/// slot; the tick is one pass over the slots. A timeout never comes early and at most two seconds late.
/// </summary>
public sealed class ConnectionDeadlines : IDisposable
{
    internal const int ChunkSlots = 512 * Kinds;
    internal const int Kinds = 5;

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

    /// <summary>Takes a slot of each <see cref="DeadlineKind"/> for a target until <see cref="Release"/>.</summary>
    internal DeadlineSlot Register(IDeadlineTarget target)
    {
        lock (_lock)
        {
            if (_free.Count == 0)
                Grow();
            var slot = _free.Pop();
            slot.Chunk.Targets[slot.Index / Kinds] = target;
            return slot;
        }
    }

    internal void Release(DeadlineSlot slot)
    {
        lock (_lock)
        {
            slot.Chunk.Due.AsSpan(slot.Index, Kinds).Clear();
            slot.Chunk.Targets[slot.Index / Kinds] = null;
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
            target = chunk.Targets[index / Kinds];
        }

        if (target is not null)
            ThreadPool.UnsafeQueueUserWorkItem(
                static item => item.target.DeadlineExpired(item.kind), (target, kind: (DeadlineKind)(index % Kinds)), preferLocal: false);
    }

    private void Grow()
    {
        var chunk = new Chunk();
        for (var i = ChunkSlots - Kinds; i >= 0; i -= Kinds)
            _free.Push(new DeadlineSlot(chunk, i));
        Volatile.Write(ref _chunks, [.. _chunks, chunk]);
    }

    internal sealed class Chunk
    {
        public readonly int[] Due = new int[ChunkSlots];
        public readonly IDeadlineTarget?[] Targets = new IDeadlineTarget?[ChunkSlots / Kinds];
    }
}

/// <summary>What a deadline is for.</summary>
internal enum DeadlineKind
{
    /// <summary>The client is to send something.</summary>
    Input,

    /// <summary>The client is to take something, or to finish its TLS handshake.</summary>
    Output,

    /// <summary>The client is to have sent enough by then.</summary>
    Pace,

    /// <summary>The session is to end.</summary>
    End,

    /// <summary>What the client has logged in with is over.</summary>
    Login,
}

/// <summary>Who is told that a deadline has passed, on a thread of the pool.</summary>
internal interface IDeadlineTarget
{
    void DeadlineExpired(DeadlineKind kind);
}

/// <summary>A connection's places in <see cref="ConnectionDeadlines"/>.</summary>
internal readonly record struct DeadlineSlot(ConnectionDeadlines.Chunk Chunk, int Index)
{
    public void Arm(DeadlineKind kind, ConnectionDeadlines deadlines, TimeSpan timeout) =>
        Volatile.Write(ref Chunk.Due[Index + (int)kind], Due(deadlines, timeout));

    public void Disarm(DeadlineKind kind) => Volatile.Write(ref Chunk.Due[Index + (int)kind], 0);

    // One second more than asked: the current second has partly gone by
    private static int Due(ConnectionDeadlines deadlines, TimeSpan timeout) =>
        (int)Math.Min(int.MaxValue - 1L, deadlines.Now + (long)Math.Ceiling(timeout.TotalSeconds) + 1);
}
