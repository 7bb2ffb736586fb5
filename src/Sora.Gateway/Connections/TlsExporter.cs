using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Security.Cryptography;

namespace Sora.Gateway.Connections;

/// <summary>
/// Keying material of a TLS connection (RFC 8446 section 7.5) for the channel binding tls-exporter (RFC 9266). .NET has no method for it, so OpenSSL, on which its TLS stands, is
/// asked for it with the handle of the connection. Where that cannot be had, as on other systems or in a later .NET, there is no tls-exporter, and logins are bound to the certificate.
/// </summary>
internal static unsafe class TlsExporter
{
    private const int Length = 32;

    private static readonly FieldInfo? Handle = typeof(SslStream).GetField("_securityContext", BindingFlags.Instance | BindingFlags.NonPublic);

    // int SSL_export_keying_material(SSL *s, unsigned char *out, size_t olen, const char *label, size_t llen, const unsigned char *context, size_t contextlen, int use_context)
    private static readonly delegate* unmanaged[Cdecl]<nint, byte*, nuint, byte*, nuint, byte*, nuint, int, int> Function = Load();

    /// <summary>The binding of a connection; null below TLS 1.3, where the material may belong to more than one connection (RFC 9266 section 4), and where it cannot be had.</summary>
    public static byte[]? Export(SslStream tls)
    {
        if (Function == null || tls.SslProtocol != SslProtocols.Tls13 || Handle?.GetValue(tls) is not SafeHandle { IsInvalid: false, IsClosed: false } handle)
            return null;
        var material = new byte[Length];
        var label = "EXPORTER-Channel-Binding"u8;
        var isHeld = false;
        try
        {
            handle.DangerousAddRef(ref isHeld);
            fixed (byte* output = material)
            fixed (byte* labelStart = label)
            {
                byte context = 0;
                var exported = Function(handle.DangerousGetHandle(), output, Length, labelStart, (nuint)label.Length, &context, 0, 1);
                return exported == 1 ? material : null;
            }
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }

    // The library that .NET has loaded, known by its version: a handle of one means nothing to another
    private static delegate* unmanaged[Cdecl]<nint, byte*, nuint, byte*, nuint, byte*, nuint, int, int> Load()
    {
        if (!OperatingSystem.IsLinux() || Handle is null)
            return null;
        var name = SafeEvpPKeyHandle.OpenSslVersion >> 28 == 3 ? "libssl.so.3" : "libssl.so.1.1";
        return NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, "SSL_export_keying_material", out var function)
            ? (delegate* unmanaged[Cdecl]<nint, byte*, nuint, byte*, nuint, byte*, nuint, int, int>)function
            : null;
    }
}
