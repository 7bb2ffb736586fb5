using System.Collections.Immutable;
using Sora.Contracts;
using Sora.Grains.Hosting;

namespace Sora.Grains.Accounts;

/// <summary>Annotations as a gateway sees them. It writes them itself, with a record in the mailbox's log, of which the mailbox's node is to know before the client does.</summary>
/// <param name="inner">Writes them.</param>
/// <param name="cluster">The cluster, as long as this process is in it.</param>
internal sealed class ClusterMetadata(IMetadata inner, Func<ClusterGateway?> cluster) : IMetadata
{
    public Task<MailResult<ImmutableArray<Annotation>>> ReadAsync(MetadataQuery query, CancellationToken cancellationToken) => inner.ReadAsync(query, cancellationToken);

    public async Task<MailResult<MetadataWritten>> WriteAsync(MetadataWrite write, CancellationToken cancellationToken)
    {
        var written = await inner.WriteAsync(write, cancellationToken);
        if (written.IsOk && write.Mailbox != default && cluster() is { } gateway)
            await gateway.RefreshAsync(write.Mailbox, cancellationToken);
        return written;
    }

    public IDisposable Subscribe(IMetadataSubscriber subscriber) => inner.Subscribe(subscriber);
}
