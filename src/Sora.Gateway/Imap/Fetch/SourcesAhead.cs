using Sora.Contracts;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>
/// Opens the bodies of the next messages while the one before them is written, so that a client that fetches many does not wait for the disk or
/// the database at each of them. Only a few small ones are open at a time; a large one is opened when its turn has come.
/// </summary>
internal sealed class SourcesAhead(IMessageStore store, List<FetchItem> items, ImapOptions options) : IAsyncDisposable
{
    private readonly int _depth = options.FetchAhead;
    private readonly long _maxBody = options.FetchAheadSize.Bytes;
    private readonly bool _needsBodies = items.Exists(static item => NeedsBody(item));
    private readonly Queue<(MessageContent Content, Task<MessageSource> Source)> _opening = new();
    private IReadOnlyList<MessageContent?> _contents = [];
    private int _next;

    /// <summary>The items are of the kind that is read from bodies.</summary>
    public bool NeedsBodies => _needsBodies;

    /// <summary>What <see cref="TakeAsync"/> will be asked for, in that order.</summary>
    public void Announce(IReadOnlyList<MessageContent?> contents)
    {
        _contents = _needsBodies && contents.Count > 1 ? contents : [];
        _next = 0;
    }

    /// <exception cref="BodyUnavailableException">The body cannot be read.</exception>
    public ValueTask<MessageSource> TakeAsync(MessageContent content, CancellationToken cancellationToken)
    {
        Fill(cancellationToken);
        return _opening.TryPeek(out var first) && ReferenceEquals(first.Content, content)
            ? new ValueTask<MessageSource>(_opening.Dequeue().Source)
            : MessageSource.OpenAsync(store, content, items, cancellationToken);
    }

    /// <summary>Closes what was opened and not taken.</summary>
    public async ValueTask DisposeAsync()
    {
        _contents = [];
        while (_opening.TryDequeue(out var left))
        {
            await ((Task)left.Source).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (left.Source.IsCompletedSuccessfully)
                await left.Source.Result.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static bool NeedsBody(FetchItem item) => item.Kind switch
    {
        FetchKind.Rfc822 or FetchKind.Rfc822Text or FetchKind.Binary or FetchKind.BinarySize => true,
        FetchKind.Section => !item.Section!.IsTopHeader, // the header is kept beside the body
        _ => false,
    };

    private void Fill(CancellationToken cancellationToken)
    {
        while (_opening.Count < _depth && _next < _contents.Count)
        {
            if (_contents[_next++] is { } content && content.BodySize <= _maxBody)
                _opening.Enqueue((content, Task.Run(() => MessageSource.OpenAsync(store, content, items, cancellationToken).AsTask(), cancellationToken)));
        }
    }
}
