using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Sora.Admin.Cluster;

/// <summary>A running node's administrative listener, and what is asked of it.</summary>
internal sealed class NodeAddress
{
    private const int LongestBody = 1024 * 1024;

    private readonly Option<string> _url = new("--url")
    {
        Description = "The node's admin address ([http] listen)", HelpName = "URL", DefaultValueFactory = static _ => "http://127.0.0.1:8080",
    };

    private readonly Option<string?> _token = new("--token-file") { Description = "File that holds http.token, when the node wants it", HelpName = "FILE" };

    public void AddTo(Command command)
    {
        command.Add(_url);
        command.Add(_token);
    }

    /// <summary>Asks the node, and gives its answer.</summary>
    /// <exception cref="AdminException">It does not answer, or refuses.</exception>
    public async Task<JsonElement> AskAsync(CommandRun run, HttpMethod method, string path, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(run.Get(_url), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new AdminException($"--url is no http or https address: {run.Get(_url)}", ExitCode.Usage);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        using var client = new HttpClient(handler) { Timeout = patience, MaxResponseContentBufferSize = LongestBody };
        using var request = new HttpRequestMessage(method, new Uri(address, path));
        if (run.Get(_token) is { } file)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(file, cancellationToken)).Trim());
        try
        {
            using var response = await client.SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            using var json = JsonDocument.Parse(body);
            if (response.IsSuccessStatusCode)
                return json.RootElement.Clone();
            var reason = json.RootElement.TryGetProperty("error", out var error) ? error.GetString() : body;
            throw new AdminException($"{request.RequestUri} answers {(int)response.StatusCode}: {reason}");
        }
        catch (HttpRequestException e)
        {
            throw new AdminException($"{request.RequestUri} cannot be asked: {e.Message}");
        }
        catch (JsonException)
        {
            throw new AdminException($"{request.RequestUri} is not the admin address of a Sora");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AdminException($"{request.RequestUri} does not answer");
        }
    }
}
