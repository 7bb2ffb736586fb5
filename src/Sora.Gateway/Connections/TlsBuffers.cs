using System.Net.Security;

namespace Sora.Gateway.Connections;

/// <summary>
/// Two buffers of 16 KiB each that OpenSSL would keep for each connection as long as it lives. A client that waits in IDLE needs neither: with this mode they are given back
/// whenever they are empty.
/// </summary>
internal static unsafe class TlsBuffers
{
    private const int ControlMode = 33; // SSL_CTRL_MODE
    private const nint ReleaseBuffers = 0x10; // SSL_MODE_RELEASE_BUFFERS

    // long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg)
    private static readonly delegate* unmanaged[Cdecl]<nint, int, nint, nint, nint> Function =
        (delegate* unmanaged[Cdecl]<nint, int, nint, nint, nint>)OpenSsl.Load("SSL_ctrl");

    /// <summary>From now on the connection holds no buffer while nothing happens; false where that cannot be had.</summary>
    public static bool ReleaseWhenEmpty(SslStream tls)
    {
        if (Function == null || OpenSsl.HandleOf(tls) is not { } handle)
            return false;
        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            return (Function(handle.DangerousGetHandle(), ControlMode, ReleaseBuffers, 0) & ReleaseBuffers) != 0;
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }
}
