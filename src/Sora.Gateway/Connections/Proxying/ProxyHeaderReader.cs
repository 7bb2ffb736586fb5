using System.IO.Pipelines;

namespace Sora.Gateway.Connections.Proxying;

/// <summary>Takes the PROXY header off a connection, byte for byte: what stands behind it belongs to TLS or to the protocol.</summary>
internal static class ProxyHeaderReader
{
    /// <summary>Waits until the header is whole.</summary>
    /// <returns>The header, or why the connection is not served.</returns>
    public static async ValueTask<(ProxyHeader? Header, Dismissal? Refusal)> ReadAsync(
        PipeReader input, int maxLength, TimeSpan timeout, TimeProvider time, CancellationToken draining)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, draining);
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(either.Token).ConfigureAwait(false);
                switch (ProxyHeader.Read(read.Buffer, maxLength, out var header, out var length))
                {
                    case ProxyHeaderStatus.Complete:
                        input.AdvanceTo(read.Buffer.GetPosition(length));
                        return (header, null);
                    case ProxyHeaderStatus.Malformed:
                        input.AdvanceTo(read.Buffer.End);
                        return (null, Dismissal.ProxyMalformed);
                }

                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                    return (null, Dismissal.ProxyMalformed);
            }
        }
        catch (OperationCanceledException)
        {
            return (null, draining.IsCancellationRequested ? Dismissal.Draining : Dismissal.ProxyTimeout);
        }
        catch (IOException)
        {
            return (null, Dismissal.ProxyMalformed);
        }
    }
}
