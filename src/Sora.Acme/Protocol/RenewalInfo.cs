using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace Sora.Acme.Protocol;

/// <summary>When a server suggests that a certificate be renewed (RFC 9773).</summary>
/// <param name="Start">Begin of the window.</param>
/// <param name="End">Its end.</param>
/// <param name="AskAgain">How long that holds.</param>
internal sealed record RenewalInfo(DateTimeOffset Start, DateTimeOffset End, TimeSpan AskAgain)
{
    private static readonly TimeSpan Usual = TimeSpan.FromHours(6); // Section 4.3.3

    /// <summary>The certificate's unique name (section 4.1); null when it does not name its issuer's key.</summary>
    public static string? NameOf(X509Certificate2 certificate)
    {
        if (certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier is not { } issuer)
            return null;

        // As in DER, in which a number that begins with a set bit has a zero before it
        var serial = certificate.SerialNumberBytes.Span;
        ReadOnlySpan<byte> positive = serial[0] >= 0x80 ? [0, .. serial] : serial;
        return $"{Base64Url.EncodeToString(issuer.Span)}.{Base64Url.EncodeToString(positive)}";
    }

    /// <summary>Asks the server; null when it has no suggestions.</summary>
    public static async Task<RenewalInfo?> AskAsync(AcmeSession session, string name, CancellationToken cancellationToken)
    {
        if (await session.FindAsync("renewalInfo", cancellationToken).ConfigureAwait(false) is not { } resource)
            return null;
        var response = await session.GetAsync($"{resource.TrimEnd('/')}/{name}", cancellationToken).ConfigureAwait(false);
        var json = response.Json();
        if (!json.TryGetProperty("suggestedWindow", out var window) || window.ValueKind != JsonValueKind.Object
            || !TryTime(window, "start", out var start) || !TryTime(window, "end", out var end) || end <= start)
        {
            throw new AcmeException("The server's renewal information has no window");
        }

        var again = response.RetryAfter ?? Usual;
        return new RenewalInfo(start, end, again < TimeSpan.FromMinutes(1) ? TimeSpan.FromMinutes(1) : again > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : again);
    }

    /// <summary>A moment in the window, any of which is as likely (section 4.2): not all servers of the world are to come at once.</summary>
    public DateTimeOffset Choose() => Start + TimeSpan.FromSeconds(RandomNumberGenerator.GetInt32(0, (int)Math.Clamp((End - Start).TotalSeconds, 1, int.MaxValue)));

    private static bool TryTime(JsonElement json, string name, out DateTimeOffset time)
    {
        time = default;
        return AcmeResponse.Text(json, name) is { } text && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);
    }
}
