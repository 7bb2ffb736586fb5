using Sora.Contracts;

namespace Sora.Gateway.Connections;

/// <summary>
/// Notices that a client opens one message of a mailbox after the other, forwards or backwards, within a command or over many, and tells the store
/// which come next, so that a remote one has them ready. Of one session, and not for several threads.
/// </summary>
internal sealed class BodyWalk(IMessageStore store, CancellationToken session)
{
    private readonly int _depth = store.PrefetchDepth;
    private int _last;
    private int _step;
    private int _told;
    private Task _telling = Task.CompletedTask;

    /// <summary>Another mailbox: the numbers mean something else.</summary>
    public void Reset() => (_last, _step, _told) = (0, 0, 0);

    /// <summary>A message is about to be opened.</summary>
    /// <param name="number">Its number in the mailbox, from 1.</param>
    /// <param name="count">Messages in the mailbox.</param>
    /// <param name="index">The mailbox; gives the content of a message by its number.</param>
    /// <param name="contentOf">Gives the content of a message by its number; null when there is none.</param>
    public void Opening<TIndex>(int number, int count, TIndex index, Func<TIndex, int, ContentId?> contentOf)
    {
        if (_depth == 0 || number == _last)
            return;
        var step = number - _last;
        var goesOn = _last != 0 && step is 1 or -1;
        _last = number;
        if (!goesOn)
        {
            _step = 0;
            return;
        }

        if (step != _step)
            (_step, _told) = (step, number);
        var end = Math.Clamp(number + (step * _depth), 1, count);

        // Not at each step, but when half of what was told is behind it
        if ((_told - number) * step >= _depth / 2 || (end - _told) * step <= 0 || !_telling.IsCompleted)
            return;
        var next = new List<ContentId>(_depth);
        for (var at = ((_told - number) * step > 0 ? _told : number) + step; (end - at) * step >= 0; at += step)
        {
            if (contentOf(index, at) is { } content)
                next.Add(content);
        }

        _told = end;
        if (next.Count > 0)
            _telling = store.PrefetchAsync(next.ToArray(), session);
    }
}
