using System.Collections.Concurrent;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap;

/// <summary>The real message store, of which some bodies can be made unreadable.</summary>
internal sealed class BreakableStore(IMessageStore store) : IMessageStore
{
    /// <summary>Messages of this size cannot be opened.</summary>
    public long? BrokenSize { get; set; }

    /// <summary>Bodies are not opened before this has ended.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public bool BrokenForNow { get; set; }

    /// <summary>Messages that were asked to be opened, in that order.</summary>
    public ConcurrentQueue<ContentId> Opened { get; } = [];

    /// <summary>Nothing can be read.</summary>
    public bool IsBroken { get; set; }

    /// <summary>What it says of a session that begins now.</summary>
    public int PrefetchDepth { get; set; }

    /// <summary>How many messages it was told of each time.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<ContentId[]> Hints { get; } = new();

    public Task PrefetchAsync(ReadOnlyMemory<ContentId> ids, CancellationToken cancellationToken)
    {
        Hints.Enqueue(ids.ToArray());
        return store.PrefetchAsync(ids, cancellationToken);
    }

    public ValueTask<IReadOnlyList<MessageContent?>> ReadAsync(ReadOnlyMemory<ContentId> ids, ContentParts parts, CancellationToken cancellationToken) =>
        IsBroken ? throw new BodyUnavailableException("broken by the test", BrokenForNow) : store.ReadAsync(ids, parts, cancellationToken);

    public ValueTask<IReadOnlyDictionary<ContentId, ContentId>> EmailIdsAsync(AccountId account, CancellationToken cancellationToken) =>
        store.EmailIdsAsync(account, cancellationToken);

    public async ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken)
    {
        Opened.Enqueue(content.Id);
        await Gate.WaitAsync(cancellationToken);
        return content.Size == BrokenSize
            ? throw new BodyUnavailableException("broken by the test", BrokenForNow)
            : await store.OpenAsync(content, cancellationToken);
    }
}
