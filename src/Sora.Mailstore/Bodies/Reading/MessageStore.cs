using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Reading;

/// <summary>Reads contents through memory, and bodies from wherever they are at the moment.</summary>
internal sealed class MessageStore(
    ContentStore contents,
    EmailIdStore emailIds,
    StagedBodyStore staged,
    StagingFolder folder,
    IObjectStore objects,
    BodyStore bodies,
    BodyCache cache,
    BodyPrefetch prefetch,
    StorageOptions options,
    BodyMetrics metrics,
    ILogger<MessageStore> logger) : IMessageStore
{
    private readonly ContentCache _contents = new(options.ContentCacheSize.Bytes);
    private readonly VerifiedFiles _files = new();
    private readonly StagedBodyReader _staged = new(staged, folder);

    /// <summary>Bytes in memory for contents.</summary>
    public long ContentCacheSize => _contents.Size;

    public async ValueTask<IReadOnlyList<MessageContent?>> ReadAsync(
        ReadOnlyMemory<ContentId> ids, ContentParts parts, CancellationToken cancellationToken)
    {
        var found = new MessageContent?[ids.Length];
        var missing = _contents.Find(ids.Span, parts, found);
        if (missing.Count == 0)
            return found;
        var positions = new Dictionary<ContentId, int>(missing.Count);
        var repeated = new List<(int Position, int First)>();
        foreach (var position in missing)
        {
            if (!positions.TryAdd(ids.Span[position], position))
                repeated.Add((position, positions[ids.Span[position]]));
        }

        foreach (var content in await contents.ReadAsync([.. positions.Keys], parts, cancellationToken))
        {
            found[positions[content.Id]] = content;
            _contents.Add(content, parts);
        }

        foreach (var (position, first) in repeated)
            found[position] = found[first];
        return found;
    }

    public async ValueTask<IReadOnlyDictionary<ContentId, ContentId>> EmailIdsAsync(AccountId account, CancellationToken cancellationToken) =>
        await emailIds.ReadAsync(account, cancellationToken);

    /// <summary>What is read where it is needs nothing ahead.</summary>
    public int PrefetchDepth => objects.PathOf(default) is null && options.CacheSize.Bytes > 0 ? options.PrefetchMessages : 0;

    public async Task PrefetchAsync(ReadOnlyMemory<ContentId> ids, CancellationToken cancellationToken)
    {
        if (PrefetchDepth == 0)
            return;
        try
        {
            foreach (var content in await ReadAsync(ids, ContentParts.None, cancellationToken))
            {
                if (content is { BodySize: > 0 } && !prefetch.TryAdd(new ObjectKey(content.Account, content.Hash), content.BodySize, cancellationToken))
                    return;
            }
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            // Whoever asks for them will hear of it
        }
    }

    public async ValueTask<IMessageBody> OpenAsync(MessageContent content, CancellationToken cancellationToken)
    {
        if (content.BodySize == 0)
            return new MemoryBody(content.Prefix, [], 0, isPooled: false);
        var key = new ObjectKey(content.Account, content.Hash);
        try
        {
            // What is on this machine first. What is then not in staging any more has been moved before.
            return await FromObjectsAsync(key, content, isFirst: true, cancellationToken)
                ?? await FromStagingAsync(key, content, cancellationToken)
                ?? await FromObjectsAsync(key, content, isFirst: false, cancellationToken)
                ?? throw await MissingAsync(key, cancellationToken);
        }
        catch (BodyDamagedException e)
        {
            metrics.Unavailable("damaged");
            throw new BodyUnavailableException("The stored message is damaged", temporary: false, e);
        }
        catch (BodyKeyException e)
        {
            metrics.Unavailable("key");
            Log.BodyKeyMissing(logger, key.ToString(), e.Message);
            throw new BodyUnavailableException("The stored message cannot be decrypted", temporary: true, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NpgsqlException or TimeoutException)
        {
            metrics.Unavailable("error");
            Log.BodyUnavailable(logger, key.ToString(), e);
            throw new BodyUnavailableException("The stored message cannot be read at the moment", temporary: true, e);
        }
    }

    private async ValueTask<IMessageBody?> FromObjectsAsync(
        ObjectKey key, MessageContent content, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            if (objects.PathOf(key) is { } path)
            {
                try
                {
                    if (await _files.OpenAsync(path, key, content.BodySize, content.Prefix, cancellationToken) is { } file)
                        return file;
                }
                catch (BodyDamagedException) when (EncodingHeader.IsEncodedFile(path))
                {
                    // It was put while bodies were encoded.
                }
            }

            return isFirst
                ? await cache.OpenKeptAsync(key, content.BodySize, content.Prefix, _files, cancellationToken)
                : await cache.OpenAsync(key, content.BodySize, content.Prefix, _files, cancellationToken);
        }
        catch (BodyDamagedException e)
        {
            Log.BodyDamaged(logger, key.ToString(), "the object store", e.Message);
            await bodies.MarkDamagedAsync(key, cancellationToken);

            // What waits in staging will replace it, and can be read until then.
            if (isFirst && await FromStagingAsync(key, content, cancellationToken) is { } body)
                return body;
            throw;
        }
    }

    private async ValueTask<IMessageBody?> FromStagingAsync(ObjectKey key, MessageContent content, CancellationToken cancellationToken)
    {
        BodyDamagedException? damage = null;
        var isElsewhere = false;
        foreach (var body in await staged.FindAsync(key.Hash, key.Account, folder.Node, cancellationToken))
        {
            try
            {
                if (await FromStagingAsync(body, key, content, cancellationToken) is { } opened)
                    return opened;
                isElsewhere |= body.Node is { } node && node != folder.Node;
            }
            catch (BodyDamagedException e)
            {
                Log.BodyDamaged(logger, key.ToString(), "staging", e.Message);
                damage = e;
            }
        }

        if (damage is not null)
            throw damage;
        return isElsewhere ? throw Elsewhere(key) : null;
    }

    private async ValueTask<IMessageBody?> FromStagingAsync(StagedBody body, ObjectKey key, MessageContent content, CancellationToken cancellationToken)
    {
        if (body.IsInDatabase)
            return await _staged.OpenAsync(body, content.Prefix, cancellationToken);
        if (body.IsObject)
            return await cache.OpenAsync(ObjectKey.Staged(key.Hash), content.BodySize, content.Prefix, _files, cancellationToken);
        return body.Node == folder.Node
            ? await _files.OpenAsync(folder.FullName(body.Path!), key, content.BodySize, content.Prefix, cancellationToken)
            : null;
    }

    private BodyUnavailableException Elsewhere(ObjectKey key)
    {
        metrics.Unavailable("elsewhere");
        Log.BodyUnavailable(logger, key.ToString(), null);
        return new BodyUnavailableException("The stored message is still on its way from another node", temporary: true);
    }

    private async ValueTask<BodyUnavailableException> MissingAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        metrics.Unavailable("missing");
        Log.BodyMissing(logger, key.ToString());
        await bodies.MarkDamagedAsync(key, cancellationToken);
        return new BodyUnavailableException("The stored message is missing", temporary: false);
    }
}
