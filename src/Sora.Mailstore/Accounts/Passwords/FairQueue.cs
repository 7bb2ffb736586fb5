using System.Diagnostics.CodeAnalysis;

namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// A bounded queue with a lane for each user, which are served in turn: however much waits for one, the next of every other waits for one at most of each. Safe for many threads.
/// </summary>
internal sealed class FairQueue<T>(int capacity) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Queue<T>> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<string> _turns = new();
    private readonly SemaphoreSlim _items = new(0);
    private int _count;
    private bool _isCompleted;

    /// <summary>Items in all lanes.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _count;
        }
    }

    /// <summary>Puts an item behind those of its lane; false when there are too many in all lanes together.</summary>
    /// <exception cref="InvalidOperationException">No more are taken.</exception>
    public bool TryAdd(string lane, T item)
    {
        lock (_lock)
        {
            if (_isCompleted)
                throw new InvalidOperationException("No more are taken");
            if (_count >= capacity)
                return false;
            _count++;
            if (!_lanes.TryGetValue(lane, out var items))
            {
                _lanes.Add(lane, items = new Queue<T>());
                _turns.Enqueue(lane);
            }

            items.Enqueue(item);
        }

        _items.Release();
        return true;
    }

    /// <summary>Waits for an item; false when there is none and none will come.</summary>
    public bool TryTake([MaybeNullWhen(false)] out T item)
    {
        _items.Wait();
        lock (_lock)
        {
            if (_count == 0)
            {
                _items.Release(); // for the others who wait
                item = default;
                return false;
            }

            _count--;
            var lane = _turns.Dequeue();
            var items = _lanes[lane];
            item = items.Dequeue();
            if (items.Count == 0)
                _lanes.Remove(lane);
            else
                _turns.Enqueue(lane);
            return true;
        }
    }

    /// <summary>Takes no more; what is there can still be taken.</summary>
    public void CompleteAdding()
    {
        lock (_lock)
            _isCompleted = true;
        _items.Release();
    }

    public void Dispose() => _items.Dispose();
}
