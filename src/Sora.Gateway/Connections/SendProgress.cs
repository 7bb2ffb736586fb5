using System.Buffers.Binary;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Sora.Gateway.Connections;

/// <summary>
/// How much of the output the client's machine has taken. Between the session and the client there are buffers of megabytes, of which the system reports only large parts as free
/// again: to the session a modem that takes all it can looks like a client that takes nothing. Linux counts the octets that were acknowledged (TCP_INFO).
/// </summary>
internal sealed class SendProgress(ConnectionContext context)
{
    private const int SolTcp = 6;
    private const int TcpInfo = 11;
    private const int BytesAcked = 120; // tcpi_bytes_acked
    private const int Size = BytesAcked + sizeof(ulong);

    private long _before;

    /// <summary>Progress counts from here.</summary>
    public void Begin() => _before = Acknowledged() ?? 0;

    /// <summary>Octets that were taken since the last call; 0 where the system does not say.</summary>
    public long Take()
    {
        if (Acknowledged() is not { } now)
            return 0;
        var taken = now - _before;
        _before = now;
        return taken;
    }

    private long? Acknowledged()
    {
        if (!OperatingSystem.IsLinux() || context.Features.Get<IConnectionSocketFeature>()?.Socket is not { } socket)
            return null;
        Span<byte> info = stackalloc byte[Size];
        try
        {
            return socket.GetRawSocketOption(SolTcp, TcpInfo, info) >= Size
                ? (long)(BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt64LittleEndian(info[BytesAcked..]) : BinaryPrimitives.ReadUInt64BigEndian(info[BytesAcked..]))
                : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
