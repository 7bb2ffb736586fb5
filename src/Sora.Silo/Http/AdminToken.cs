using System.Security.Cryptography;
using System.Text;

namespace Sora.Silo.Http;

/// <summary>http.token, as requests show it.</summary>
internal sealed class AdminToken
{
    private readonly byte[]? _hash;

    public AdminToken(string? token) => _hash = token is { Length: > 0 } ? Hash(token) : null;

    /// <summary>There is one.</summary>
    public bool IsSet => _hash is not null;

    /// <summary>"Authorization: Bearer TOKEN" (RFC 6750 section 2.1).</summary>
    public bool IsBearer(HttpRequest request) => Given(request, "Bearer ") is { } token && IsIt(token);

    /// <summary>The token is the password of HTTP's Basic scheme, whatever the user's name (RFC 7617 section 2).</summary>
    public bool IsPassword(HttpRequest request)
    {
        if (Given(request, "Basic ") is not { } text)
            return false;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length)
            && bytes.AsSpan(0, length).IndexOf((byte)':') is >= 0 and var colon
            && IsIt(bytes.AsSpan(colon + 1, length - colon - 1));
    }

    private static string? Given(HttpRequest request, string scheme)
    {
        var given = request.Headers.Authorization.ToString();
        return given.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? given[scheme.Length..].Trim() : null;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private bool IsIt(string token) => IsIt(Encoding.UTF8.GetBytes(token));

    // Of equal length whatever was given, so that the time tells nothing
    private bool IsIt(ReadOnlySpan<byte> token)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(token, hash);
        return CryptographicOperations.FixedTimeEquals(hash, _hash);
    }
}
