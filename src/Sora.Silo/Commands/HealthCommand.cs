using System.CommandLine;

namespace Sora.Silo.Commands;

/// <summary>sora health: for HEALTHCHECK of a container image that has no curl.</summary>
internal static class HealthCommand
{
    private const string DefaultUrl = "http://127.0.0.1:8080/health/readyz";

    public static Command Create()
    {
        var url = new Option<Uri>("--url")
        {
            Description = $"What to ask ({DefaultUrl})",
            HelpName = "URL",
            DefaultValueFactory = static _ => new Uri(DefaultUrl),
            CustomParser = static result =>
            {
                if (Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
                    return uri;
                result.AddError("--url must be a URL such as " + DefaultUrl);
                return null;
            },
        };
        var timeout = new Option<int>("--timeout") { Description = "Seconds to wait (5)", DefaultValueFactory = static _ => 5, HelpName = "SECONDS" };
        var command = new Command("health", "Ask a running server how it is: exit code 0 when it answers 200, else 1") { url, timeout };
        command.SetAction((parsed, cancellationToken) => AskAsync(
            parsed.GetRequiredValue(url), TimeSpan.FromSeconds(Math.Clamp(parsed.GetValue(timeout), 1, 3600)), parsed.InvocationConfiguration, cancellationToken));
        return command;
    }

    private static async Task<int> AskAsync(Uri url, TimeSpan timeout, InvocationConfiguration console, CancellationToken cancellationToken)
    {
        // The server is on this machine or at a given address: a proxy of the environment has no business in between
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { Timeout = timeout };
        try
        {
            using var response = await client.GetAsync(url, cancellationToken);
            await console.Output.WriteLineAsync((await response.Content.ReadAsStringAsync(cancellationToken)).TrimEnd());
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await console.Error.WriteLineAsync($"sora: {url} does not answer: {(e is TaskCanceledException ? "no answer in time" : e.Message)}");
            return 1;
        }
    }
}
