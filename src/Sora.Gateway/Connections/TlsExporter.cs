using System.Net.Security;
using System.Security.Authentication;

namespace Sora.Gateway.Connections;

/// <summary>
/// Keying material of a TLS connection (RFC 8446 section 7.5) for the channel binding tls-exporter (RFC 9266). .NET 10 has no method for it, so OpenSSL, on which its TLS stands, is
/// asked for it with the handle of the connection. Where that cannot be had, as on other systems or in a later .NET, there is no tls-exporter, and logins are bound to the certificate.
/// </summary>
internal sealed unsafe class TlsExporter
{
    private const int Length = 32;

    // int SSL_export_keying_material(SSL *s, unsigned char *out, size_t olen, const char *label, size_t llen, const unsigned char *context, size_t contextlen, int use_context)
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, nuint, byte*, nuint, byte*, nuint, int, int> _function;

    /// <param name="field">Where SslStream keeps its handle.</param>
    public TlsExporter(string field = OpenSsl.HandleField)
    {
        if (!OperatingSystem.IsLinux())
        {
            Problem = "the system is not Linux";
        }
        else if (OpenSsl.Find(field) is null)
        {
            Problem = $"SslStream has no handle in {field}";
        }
        else
        {
            _function = (delegate* unmanaged[Cdecl]<nint, byte*, nuint, byte*, nuint, byte*, nuint, int, int>)OpenSsl.Load("SSL_export_keying_material");
            if (_function == null)
                Problem = "OpenSSL's SSL_export_keying_material is not there";
        }
    }

    /// <summary>The one that connections use.</summary>
    public static TlsExporter Default { get; } = new();

    /// <summary>Why there is no tls-exporter; null when there is.</summary>
    public string? Problem { get; }

    /// <summary>The binding of a connection; null below TLS 1.3, where the material may belong to more than one connection (RFC 9266 section 4), and where it cannot be had.</summary>
    public byte[]? Export(SslStream tls)
    {
        if (_function == null || tls.SslProtocol != SslProtocols.Tls13 || OpenSsl.HandleOf(tls) is not { } handle)
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
                var exported = _function(handle.DangerousGetHandle(), output, Length, labelStart, (nuint)label.Length, &context, 0, 1);
                return exported == 1 ? material : null;
            }
        }
        finally
        {
            if (isHeld)
                handle.DangerousRelease();
        }
    }
}
