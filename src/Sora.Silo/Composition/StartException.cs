using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sora.Silo.Composition;

/// <summary>Sora cannot start, for a reason that an operator can act on. The message is one readable line.</summary>
internal sealed class StartException : Exception
{
    public StartException(string message)
        : base(message)
    {
    }

    public StartException(string message, Exception? inner)
        : base(message, inner)
    {
    }

    /// <summary>What a server's failure to listen means; null when it failed for another reason.</summary>
    /// <param name="listeners">The options' keys and addresses it was to listen on.</param>
    public static StartException? FromListening(Exception e, IEnumerable<(string Key, IPEndPoint EndPoint)> listeners)
    {
        var all = listeners.ToList();
        if (e is AddressInUseException || e.InnerException is AddressInUseException)
        {
            var culprits = all.Where(listener => Names(e.Message, listener.EndPoint)).ToList();
            var where = string.Join(", ", (culprits.Count > 0 ? culprits : all).Select(listener => $"{listener.EndPoint} ({listener.Key})"));
            return new StartException($"cannot listen on {where}: another program uses this port", e);
        }

        var socket = e as SocketException ?? e.InnerException as SocketException;
        var every = string.Join(", ", all.Select(listener => $"{listener.EndPoint} ({listener.Key})"));
        return socket?.SocketErrorCode switch
        {
            SocketError.AccessDenied => new StartException($"cannot listen on {every}: ports below 1024 need root or CAP_NET_BIND_SERVICE", e),
            SocketError.AddressNotAvailable => new StartException($"cannot listen on {every}: this machine does not have the address", e),
            null => null,
            _ => new StartException($"cannot listen on {every}: {socket.Message}", e),
        };
    }

    /// <summary>Kestrel's text has the address in a URL, "http://127.0.0.1:143:".</summary>
    private static bool Names(string text, IPEndPoint endPoint) =>
        text.Contains($"{endPoint}:", StringComparison.Ordinal) || text.Contains($"[::]:{endPoint.Port}:", StringComparison.Ordinal);
}
