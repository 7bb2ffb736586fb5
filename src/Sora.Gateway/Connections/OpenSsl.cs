using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sora.Gateway.Connections;

/// <summary>
/// OpenSSL, on which .NET's TLS stands on Linux, for what .NET has no method for. Where its handles cannot be had, as on other systems or in a later .NET, those things are not there.
/// </summary>
internal static class OpenSsl
{
    /// <summary>Where SslStream keeps its handle, in .NET 10.</summary>
    public const string HandleField = "_securityContext";

    private static readonly FieldInfo? Field = Find(HandleField);

    /// <summary>A field of SslStream that holds a handle; null when there is none of this name.</summary>
    public static FieldInfo? Find(string field) =>
        typeof(SslStream).GetField(field, BindingFlags.Instance | BindingFlags.NonPublic) is { } found && typeof(SafeHandle).IsAssignableFrom(found.FieldType) ? found : null;

    /// <summary>The connection's SSL object; null when it cannot be had.</summary>
    public static SafeHandle? HandleOf(SslStream tls) => Field?.GetValue(tls) is SafeHandle { IsInvalid: false, IsClosed: false } handle ? handle : null;

    /// <summary>The address of a function; 0 when it cannot be had.</summary>
    public static nint Load(string function)
    {
        if (!OperatingSystem.IsLinux() || Field is null)
            return 0;

        // The library that .NET has loaded, known by its version: a handle of one means nothing to another
        var name = SafeEvpPKeyHandle.OpenSslVersion >> 28 == 3 ? "libssl.so.3" : "libssl.so.1.1";
        return NativeLibrary.TryLoad(name, out var library) && NativeLibrary.TryGetExport(library, function, out var address) ? address : 0;
    }
}
