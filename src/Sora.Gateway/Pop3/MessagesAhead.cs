using Sora.Contracts;

namespace Sora.Gateway.Pop3;

/// <summary>
/// Reads the messages that come next while the client is busy with the one that it has: clients walk through a maildrop in order. What the store knows of
/// messages is read for a few of them at once; of bodies only a few small ones are open at a time (<see cref="Pop3Options.RetrieveAhead"/>).
/// </summary>
internal sealed class MessagesAhead(IMessageStore store, Pop3Options options) : IAsyncDisposable
{
    private const int Window = 16;

    private readonly Queue<OpenedAhead> _bodies = new();
    private CancellationTokenSource _wanted = new();
    private ContentWindow _contents;
    private ContentWindow _nextContents;
    private Task<IReadOnlyList<MessageContent?>>? _reading; // of the window behind _contents
    private int _last;
    private int _lastAhead; // the last message whose body was thought of
    private bool _isInOrder;
    private bool _wantsBodies;

    /// <summary>The content of a message that the client asks for; null when it is no longer stored.</summary>
    public async ValueTask<MessageContent?> ReadAsync(Maildrop maildrop, int number, ContentParts parts, CancellationToken cancellationToken)
    {
        _isInOrder = number == maildrop.Next(_last);
        _last = number;
        _wantsBodies = false;
        if (!_contents.Has(number, parts))
        {
            if (_reading is not null)
                await TakeNextAsync(cancellationToken).ConfigureAwait(false);
            _contents = _nextContents.Has(number, parts)
                ? _nextContents
                : new ContentWindow(number, parts, await store.ReadAsync(Ids(maildrop, number), parts, cancellationToken).ConfigureAwait(false));
            _nextContents = default;
        }

        return _contents[number];
    }

    /// <summary>Opens the message that was read last.</summary>
    /// <exception cref="BodyUnavailableException">The body cannot be read.</exception>
    public async ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken)
    {
        _wantsBodies = true;
        if (_bodies.TryPeek(out var ahead) && ahead.Number == _last)
        {
            if (ahead.Opening is { } opening)
                await ((Task)opening).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            _bodies.Dequeue();
            if (ahead.Body is { } body)
                return body;
        }
        else if (_bodies.Count > 0)
        {
            await CloseAsync().ConfigureAwait(false);
        }

        // What could not be opened before may be there by now
        return await store.OpenAsync(content, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Begins to read what a client that goes on as before asks for next. What is on this machine is there at once; nothing is waited for.</summary>
    public void Continue(Maildrop maildrop)
    {
        if (!_isInOrder)
            return;
        if (_reading is not null)
        {
            if (_reading.IsCompletedSuccessfully)
                (_nextContents, _reading) = (_nextContents with { Contents = ResultOf(_reading) }, null);
        }
        else if (_nextContents.Count == 0 && _contents.IsFull && _contents.End <= maildrop.Count)
        {
            _nextContents = new ContentWindow(_contents.End, _contents.Parts, []);
            _reading = store.ReadAsync(Ids(maildrop, _contents.End), _contents.Parts, _wanted.Token).AsTask();
        }

        if (!_wantsBodies)
            return;
        _lastAhead = Math.Max(_last, _lastAhead);
        while (_bodies.Count < options.RetrieveAhead && maildrop.Next(_lastAhead) is var next)
        {
            var window = _contents.Has(next, _contents.Parts) ? _contents : _nextContents;
            if (!window.Has(next, window.Parts))
                return;
            _lastAhead = next;
            if (window[next] is { } content && content.BodySize <= options.RetrieveAheadSize.Bytes)
                _bodies.Enqueue(new OpenedAhead(next, store.OpenAsync(content, _wanted.Token)));
        }
    }

    /// <summary>Closes what was opened and not asked for.</summary>
    public async ValueTask DisposeAsync()
    {
        await CloseAsync().ConfigureAwait(false);
        _wanted.Dispose();
    }

    private async ValueTask CloseAsync()
    {
        await _wanted.CancelAsync().ConfigureAwait(false);
        if (_reading is not null)
            await ((Task)_reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        while (_bodies.TryDequeue(out var left))
        {
            if (left.Opening is { } opening)
                await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (left.Body is { } body)
                await body.DisposeAsync().ConfigureAwait(false);
        }

        _wanted.Dispose();
        (_wanted, _reading, _nextContents, _lastAhead) = (new CancellationTokenSource(), null, default, 0);
    }

    // One that failed is read again when its turn has come
    private async ValueTask TakeNextAsync(CancellationToken cancellationToken)
    {
        await ((Task)_reading!).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        _nextContents = _reading.IsCompletedSuccessfully ? _nextContents with { Contents = ResultOf(_reading) } : default;
        _reading = null;
    }

#pragma warning disable VSTHRD002 // It is complete: nothing is waited for
    private static T ResultOf<T>(Task<T> complete) => complete.Result;
#pragma warning restore VSTHRD002

    private static ContentId[] Ids(Maildrop maildrop, int first)
    {
        var ids = new ContentId[Math.Min(Window, maildrop.Count - first + 1)];
        for (var i = 0; i < ids.Length; i++)
            ids[i] = maildrop[first + i].Content;
        return ids;
    }

    /// <summary>Contents of messages that follow one another.</summary>
    private readonly record struct ContentWindow(int First, ContentParts Parts, IReadOnlyList<MessageContent?> Contents)
    {
        public int Count => Contents?.Count ?? 0;

        public bool IsFull => Count == Window;

        /// <summary>The number behind its last one.</summary>
        public int End => First + Count;

        public MessageContent? this[int number] => Contents[number - First];

        public bool Has(int number, ContentParts parts) => number >= First && number < End && (parts & ~Parts) == ContentParts.None;
    }

    /// <summary>A body that is open, or will be.</summary>
    private readonly struct OpenedAhead
    {
        private readonly IMessageBody? _body;

        public OpenedAhead(int number, ValueTask<IMessageBody> opening)
        {
            Number = number;
            if (opening.IsCompletedSuccessfully)
                _body = opening.Result;
            else
                Opening = opening.AsTask();
        }

        public int Number { get; }

        /// <summary>Null when the body was there at once.</summary>
        public Task<IMessageBody>? Opening { get; }

        /// <summary>Null as long as it is not open, and when it cannot be opened.</summary>
        public IMessageBody? Body => Opening is null ? _body : Opening.IsCompletedSuccessfully ? ResultOf(Opening) : null;
    }
}
