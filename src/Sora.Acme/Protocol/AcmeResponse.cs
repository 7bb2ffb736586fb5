using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Sora.Acme.Protocol;

/// <summary>An answer of an ACME server.</summary>
internal sealed class AcmeResponse
{
    private const string ErrorNamespace = "urn:ietf:params:acme:error:";

    private AcmeResponse(HttpStatusCode status, string body, string? location, TimeSpan? retryAfter, IReadOnlyList<string> alternates)
    {
        Status = status;
        Body = body;
        Location = location;
        RetryAfter = retryAfter;
        Alternates = alternates;
    }

    public HttpStatusCode Status { get; }

    public string Body { get; }

    /// <summary>URL of what was made.</summary>
    public string? Location { get; }

    public TimeSpan? RetryAfter { get; }

    /// <summary>URLs of other chains (RFC 8555 section 7.4.2).</summary>
    public IReadOnlyList<string> Alternates { get; }

    public bool IsOk => (int)Status is >= 200 and < 300;

    public static async Task<AcmeResponse> ReadAsync(HttpResponseMessage message, TimeProvider time, CancellationToken cancellationToken) => new(
        message.StatusCode,
        await message.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false),
        message.Headers.Location is { } location ? new Uri(message.RequestMessage!.RequestUri!, location).AbsoluteUri : null,
        message.Headers.RetryAfter is not { } retry ? null : Positive(retry.Delta ?? retry.Date - time.GetUtcNow()),
        message.Headers.TryGetValues("Link", out var links) ? [.. links.SelectMany(static line => line.Split(',')).Select(link => Alternate(link, message.RequestMessage!.RequestUri!)).OfType<string>()] : []);

    /// <exception cref="AcmeException">It is no JSON object.</exception>
    public JsonElement Json()
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Said below
        }

        throw new AcmeException($"The server's answer is not a JSON object (HTTP {Number(Status)})", retryAfter: RetryAfter);
    }

    /// <summary>What went wrong, if the server calls it an error.</summary>
    public AcmeException ToException()
    {
        if (TryProblem() is not { } problem)
            return new AcmeException($"The server answers with HTTP {Number(Status)}", retryAfter: RetryAfter);
        return Problem(problem, RetryAfter);
    }

    /// <summary>The type of the error without its namespace; null when there is none.</summary>
    public string? ErrorType => IsOk || TryProblem() is not { } problem ? null : TypeOf(problem);

    /// <summary>A problem document (RFC 7807) with its subproblems (RFC 8555 section 6.7.1).</summary>
    public static AcmeException Problem(JsonElement problem, TimeSpan? retryAfter)
    {
        var type = TypeOf(problem);
        var text = $"{type}: {Clean(Text(problem, "detail"))}";
        if (problem.TryGetProperty("subproblems", out var parts) && parts.ValueKind == JsonValueKind.Array)
        {
            foreach (var part in parts.EnumerateArray().Where(static part => part.ValueKind == JsonValueKind.Object))
            {
                var host = part.TryGetProperty("identifier", out var identifier) && identifier.ValueKind == JsonValueKind.Object ? Text(identifier, "value") : null;
                text += $"; {Clean(host)} {TypeOf(part)}: {Clean(Text(part, "detail"))}";
            }
        }

        return new AcmeException(text, type, retryAfter);
    }

    public static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static string TypeOf(JsonElement problem)
    {
        var type = Clean(Text(problem, "type"));
        return type.StartsWith(ErrorNamespace, StringComparison.Ordinal) ? type[ErrorNamespace.Length..] : type;
    }

    // It goes into logs and to administrators' screens
    private static string Clean(string? text)
    {
        const int MaxText = 1000;
        return text is null ? "" : new string([.. text.Take(MaxText).Select(static c => char.IsControl(c) ? ' ' : c)]);
    }

    private static string Number(HttpStatusCode status) => ((int)status).ToString(CultureInfo.InvariantCulture);

    private static TimeSpan? Positive(TimeSpan? time) => time > TimeSpan.Zero ? time : null;

    // Link: <url>;rel="alternate" (RFC 8288); ACME's links have no commas or semicolons in their URLs
    private static string? Alternate(string link, Uri request)
    {
        var parts = link.Split(';', StringSplitOptions.TrimEntries);
        return parts[0] is ['<', .. var target, '>']
            && Array.Exists(parts, static part => part.Replace("\"", "", StringComparison.Ordinal).Equals("rel=alternate", StringComparison.OrdinalIgnoreCase))
            && Uri.TryCreate(request, target, out var url) ? url.AbsoluteUri : null;
    }

    private JsonElement? TryProblem()
    {
        try
        {
            using var document = JsonDocument.Parse(Body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("type", out _) ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
