using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Sora.Gateway.Connections;

/// <summary>Kestrel's sockets, which are asked for the next connection only when it may be accepted.</summary>
internal sealed class ThrottledTransport(IConnectionListenerFactory sockets, AcceptRate rate) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Throttled(await sockets.BindAsync(endpoint, cancellationToken), rate);

    private sealed class Throttled(IConnectionListener listener, AcceptRate rate) : IConnectionListener
    {
        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => listener.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _unbound.Token);
            try
            {
                await rate.WaitAsync(either.Token);
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return null;
            }

            return await listener.AcceptAsync(cancellationToken);
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            await listener.UnbindAsync(cancellationToken);
        }

        public async ValueTask DisposeAsync()
        {
            await _unbound.CancelAsync();
            _unbound.Dispose();
            await listener.DisposeAsync();
        }
    }
}
