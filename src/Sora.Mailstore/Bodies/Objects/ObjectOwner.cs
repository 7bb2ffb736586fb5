using System.Text;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>
/// Whose objects a store keeps (docs/decisions/0047). Numbers of accounts begin at 1 in each database, so two databases in one place would name
/// different people's bodies alike, and what one of them deletes would be the other's mail. The first one leaves a small object that names it; no other writes there.
/// </summary>
internal sealed class ObjectOwner(IObjectStore objects, ObjectOwnerStore store, ILogger logger)
{
    private volatile bool _isOurs;

    /// <summary>Makes sure that the objects are this database's, which they become when they are nobody's.</summary>
    /// <exception cref="ObjectOwnerException">They are another's.</exception>
    /// <exception cref="IOException">The store does not answer.</exception>
    public ValueTask EnsureAsync(CancellationToken cancellationToken) => _isOurs ? ValueTask.CompletedTask : new ValueTask(ClaimAsync(cancellationToken));

    /// <summary>Makes sure that the objects are not another database's, and this one's already when that is asked for.</summary>
    /// <inheritdoc cref="EnsureAsync"/>
    public async Task CheckAsync(bool areOurs, CancellationToken cancellationToken)
    {
        var (found, ours) = await ShowAsync(cancellationToken);
        if (areOurs && found.Count == 0)
            throw new ObjectOwnerException("nothing in the object store says whose bodies it keeps: it may be another one than this database's server uses, or one that no server was started on yet");
        Check(found, ours);
    }

    /// <summary>Makes the objects this database's, whosever they were.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public async Task AdoptAsync(CancellationToken cancellationToken)
    {
        var ours = (await store.GetAsync(cancellationToken)).Owner;
        var others = (await FindAsync(cancellationToken)).FindAll(key => key != KeyOf(ours));
        await PutAsync(ours, cancellationToken);
        if (others.Count > 0)
            await objects.DeleteAsync(others, cancellationToken);
    }

    /// <summary>The databases that say that the objects are theirs, by the names of the objects that say so, and the name that ours has.</summary>
    public async Task<(List<ObjectKey> Found, ObjectKey Ours)> ShowAsync(CancellationToken cancellationToken) =>
        (await FindAsync(cancellationToken), KeyOf((await store.GetAsync(cancellationToken)).Owner));

    private static byte[] TextOf(Guid owner) => Encoding.ASCII.GetBytes($"Bodies of mail of the Sora database {owner}\n");

    private static ObjectKey KeyOf(Guid owner)
    {
        Span<byte> hash = stackalloc byte[ContentHash.Length];
        Blake3Hasher.Hash(TextOf(owner), hash);
        return new ObjectKey(default, ContentHash.From(hash), ObjectKind.Owner);
    }

    private static void Check(List<ObjectKey> found, ObjectKey ours)
    {
        if (found.Exists(key => key != ours))
        {
            throw new ObjectOwnerException(
                $"the object store keeps the bodies of another database ({found.Find(key => key != ours)}, this one is {ours}): each needs a bucket, a prefix or a folder of its own; "
                + "if the other one is gone for good, see sora-admin storage adopt");
        }
    }

    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        var (owner, isNew) = await store.GetAsync(cancellationToken);
        var found = await FindAsync(cancellationToken);
        if (found.Count == 0)
        {
            if (!isNew)
                Log.OwnerMissing(logger);
            await PutAsync(owner, cancellationToken);
            found = await FindAsync(cancellationToken); // two that came at the same time both see two
        }

        Check(found, KeyOf(owner));
        _isOurs = true;
    }

    private async Task PutAsync(Guid owner, CancellationToken cancellationToken)
    {
        var text = TextOf(owner);
        if ((await objects.PutAsync([new ObjectPut(KeyOf(owner), text.Length) { Bytes = text }], cancellationToken))[0] is { } error)
            throw new IOException($"{KeyOf(owner)} could not be put: {error.Message}", error);
    }

    private async Task<List<ObjectKey>> FindAsync(CancellationToken cancellationToken)
    {
        var found = new List<ObjectKey>();
        await foreach (var item in objects.ListAsync(ObjectKey.OwnerPrefix, null, cancellationToken))
            found.Add(item.Key);
        return found;
    }
}
