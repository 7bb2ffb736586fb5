using Sora.Silo.Configuration;
#if ORLEANS
using System.Diagnostics;
using Orleans.Dashboard;
using Orleans.Hosting;
using Sora.Grains.Hosting;
#endif

namespace Sora.Silo.Http;

/// <summary>
/// GET /dashboard/: the pages of Microsoft.Orleans.Dashboard, for people with a browser. Nothing of it is answered without http.token. The listener is there before the node is in the cluster, and
/// while it is not; each time it joins, the pages are those of that membership.
/// </summary>
#if ORLEANS
internal sealed class Dashboard : IClusterAddition
{
    private const string Prefix = "/dashboard";

    private const string ContentPolicy =
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    // The package counts no faster, and keeps so many samples
    private const int Samples = 100;

    private readonly AdminToken _token;
    private readonly ILogger _logger;
    private Pages? _pages;

    private Dashboard(AdminToken token, ILogger logger) => (_token, _logger) = (token, logger);

    /// <summary>Null unless cluster.dashboard is on.</summary>
    public static Dashboard? Of(SoraOptions options, AdminToken token, ILogger logger) => options.Cluster.Dashboard ? new Dashboard(token, logger) : null;

    public void Add(ISiloBuilder silo)
    {
        silo.AddDashboard(Configure);
        AddRouting(silo.Services);
    }

    public void Add(IClientBuilder client)
    {
        client.AddDashboard(Configure);
        AddRouting(client.Services);
    }

    public void Joined(IServiceProvider services)
    {
        var app = new ApplicationBuilder(services);
        app.UseRouting();
        app.UseEndpoints(static endpoints => endpoints.MapOrleansDashboard(Prefix));
        Volatile.Write(ref _pages, new Pages(app.Build(), services));
    }

    public void Left() => Volatile.Write(ref _pages, null);

    public void Map(WebApplication app) => app.MapMethods(Prefix + "/{**path}", [HttpMethods.Get], AnswerAsync);

    private async Task AnswerAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";

        // They need nothing from elsewhere, and belong into no other page
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XFrameOptions = "DENY";
        if (!IsOwn(context.Request))
        {
            await RefuseAsync(context, 403, "not for other web pages\n");
        }
        else if (!_token.IsPassword(context.Request) && !_token.IsBearer(context.Request))
        {
            // Browsers then ask for a name, which does not matter, and a password
            headers.WWWAuthenticate = "Basic realm=\"Sora\", charset=\"UTF-8\"";
            await RefuseAsync(context, 401, "the password is http.token\n");
        }
        else if (context.Request.Path == Prefix)
        {
            // What the page asks for is named relative to it. So is this, for proxies that have it elsewhere
            headers.Location = "dashboard/";
            context.Response.StatusCode = StatusCodes.Status301MovedPermanently;
        }
        else if (Volatile.Read(ref _pages) is { } pages)
        {
            await ShowAsync(context, pages);
        }
        else
        {
            await RefuseAsync(context, 503, "this node is not in the cluster now\n");
        }
    }

    // A browser shows what it knows of this listener to the scripts of other pages' requests too. They could read nothing, but have no business here (Fetch, https://w3c.github.io/webappsec-fetch-metadata)
    private static bool IsOwn(HttpRequest request)
    {
        var origin = request.Headers.Origin;
        if (origin.Count > 0 && origin != $"{request.Scheme}://{request.Host}")
            return false;
        return request.Headers["Sec-Fetch-Site"].ToString() is "" or "same-origin" or "none" || request.Headers["Sec-Fetch-Mode"] == "navigate";
    }

    // Grains' states are mailboxes, and asking for one would bring it to a mailstore. The stream of the log is not the log of Sora
    private static bool IsHidden(PathString path) =>
        path.StartsWithSegments(Prefix + "/GrainState", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments(Prefix + "/Trace", StringComparison.OrdinalIgnoreCase);

    private async Task ShowAsync(HttpContext context, Pages pages)
    {
        if (IsHidden(context.Request.Path))
        {
            await RefuseAsync(context, 403, "not shown by Sora\n");
            return;
        }

        var (outer, endpoint) = (context.RequestServices, context.GetEndpoint());
        var scope = pages.Services.CreateAsyncScope();
        await using (scope)
        {
            context.RequestServices = scope.ServiceProvider;
            context.SetEndpoint(null);
            try
            {
                await pages.Answer(context);
            }
            catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
            {
                // It left the cluster meanwhile, or no mailstore has a dashboard
                Composition.Log.OperatorFailed(_logger, context.Request.Path, e);
                await RefuseAsync(context, 503, "it cannot be known now; the log says why\n");
            }
            finally
            {
                context.RequestServices = outer;
                context.SetEndpoint(endpoint);
            }
        }
    }

    private static void Configure(DashboardOptions options)
    {
        options.HideTrace = true;
        options.HistoryLength = Samples;
    }

    private static void AddRouting(IServiceCollection services)
    {
        services.AddRouting();
        services.AddSingleton(new DiagnosticListener("Sora.Dashboard"));
    }

    private static async Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text, context.RequestAborted);
    }

    private sealed record Pages(RequestDelegate Answer, IServiceProvider Services);
}
#else
internal sealed class Dashboard
{
    private Dashboard()
    {
    }

    /// <summary>Null: a configuration with a dashboard is refused before.</summary>
    public static Dashboard? Of(SoraOptions options, AdminToken token, ILogger logger) => null;

#pragma warning disable CA1822 // There is never an instance
    public void Map(WebApplication app) => throw new InvalidOperationException("There is no cluster to show");
#pragma warning restore CA1822
}
#endif
