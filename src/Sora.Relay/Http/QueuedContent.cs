using System.Net;
using System.Net.Http.Headers;
using Sora.Contracts;

namespace Sora.Relay.Http;

/// <summary>A message of the queue as the body of a request, one piece in memory at a time.</summary>
internal sealed class QueuedContent : HttpContent
{
    private readonly IRelayQueue _queue;
    private readonly RelayWork _work;

    public QueuedContent(IRelayQueue queue, RelayWork work)
    {
        _queue = queue;
        _work = work;
        Headers.ContentType = new MediaTypeHeaderValue("message/rfc822");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await foreach (var piece in QueuedMessage.ReadAsync(_queue, _work, cancellationToken))
            await stream.WriteAsync(piece, cancellationToken);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _work.Size;
        return true;
    }
}
