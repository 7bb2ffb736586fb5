using System.Globalization;
using System.Text.Json;
using Sora.Contracts;
using Sora.Silo.Composition;
using Sora.Silo.Configuration;

namespace Sora.Silo.Http;

/// <summary>
/// What operators ask of the cluster and tell this node: GET /cluster/status, /cluster/nodes, /cluster/where?mailbox=NUMBER, POST /maintenance/enter, /maintenance/exit. The listener is there before
/// the node is.
/// </summary>
internal sealed class NodeControl(SoraOptions options, AdminToken token, Readiness readiness, ILogger logger)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    private Node? _node;

    /// <summary>The node is there.</summary>
    public void Attach(ClusterParts? cluster, Maintenance maintenance, Func<int> sessions) => Volatile.Write(ref _node, new Node(cluster, maintenance, sessions));

    public void Map(WebApplication app)
    {
        app.MapMethods("/cluster/status", [HttpMethods.Get], context => AnswerAsync(context, StatusAsync));
        app.MapMethods("/cluster/nodes", [HttpMethods.Get], context => AnswerAsync(context, NodesAsync));
        app.MapMethods("/cluster/where", [HttpMethods.Get], context => AnswerAsync(context, WhereAsync));
        app.MapMethods("/maintenance/enter", [HttpMethods.Post], context => AnswerAsync(context, EnterAsync));
        app.MapMethods("/maintenance/exit", [HttpMethods.Post], context => AnswerAsync(context, ExitAsync));
    }

    private async Task AnswerAsync(HttpContext context, Func<Node, HttpContext, Task<(int Status, object Answer)>> answer)
    {
        if (Refusal(context) is { } refusal)
        {
            await WriteAsync(context, refusal.Status, new { error = refusal.Text });
            return;
        }

        if (Volatile.Read(ref _node) is not { } node)
        {
            await WriteAsync(context, 503, new { error = "the node is " + readiness.State });
            return;
        }

        try
        {
            var (status, value) = await answer(node, context);
            await WriteAsync(context, status, value);
        }
        catch (Exception e) when (!context.RequestAborted.IsCancellationRequested && !context.Response.HasStarted)
        {
            Composition.Log.OperatorFailed(logger, context.Request.Path, e);
            await WriteAsync(context, 503, new { error = "it cannot be done or known now; the log says why" });
        }
    }

    // A web page that an operator looks at must not be able to take the node out of service
    private (int Status, string Text)? Refusal(HttpContext context)
    {
        if (context.Request.Headers.Origin.Count > 0)
            return (403, "not for web pages");
        return !token.IsSet || token.IsBearer(context.Request) ? null : (401, "show http.token as a bearer token");
    }

    private async Task<(int Status, object Answer)> StatusAsync(Node node, HttpContext context)
    {
        var members = node.Cluster is null ? [] : await node.Cluster.MembersAsync(context.RequestAborted);
        return (200, new
        {
            Node = options.Node.EffectiveName,
            options.Node.Roles,
            readiness.State,
            Version = ProgramVersion.Text,
            ProgramVersion.Commit,
            Sessions = node.Sessions(),
            Cluster = node.Cluster is null ? null : new { options.Cluster.ClusterId, options.Cluster.ServiceId, IsMember = node.Cluster.IsIn, Active = members.Count(static member => member.Status == "active") },
        });
    }

    private static async Task<(int Status, object Answer)> NodesAsync(Node node, HttpContext context) =>
        node.Cluster is null ? NoCluster : (200, await node.Cluster.MembersAsync(context.RequestAborted));

    private static async Task<(int Status, object Answer)> WhereAsync(Node node, HttpContext context)
    {
        if (node.Cluster is null)
            return NoCluster;
        if (!long.TryParse(context.Request.Query["mailbox"], NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return (400, new { error = "mailbox is not the number of a mailbox" });
        var where = await node.Cluster.WhereAsync(new MailboxId(id), context.RequestAborted);
        var members = await node.Cluster.MembersAsync(context.RequestAborted);
        var host = members.FirstOrDefault(member => member.Address == where?.Address && member.Port == where?.Port);
        return (200, new { Mailbox = id, Node = host?.Name, where?.Address, where?.Port });
    }

    private async Task<(int Status, object Answer)> EnterAsync(Node node, HttpContext context)
    {
        var cutOff = await node.Maintenance.EnterAsync(context.RequestAborted);
        return (200, new { readiness.State, CutOff = cutOff });
    }

    private async Task<(int Status, object Answer)> ExitAsync(Node node, HttpContext context)
    {
        await node.Maintenance.ExitAsync(context.RequestAborted);
        return (200, new { readiness.State, CutOff = 0 });
    }

    private static (int Status, object Answer) NoCluster => (404, new { error = "this node is in no cluster" });

    private static async Task WriteAsync(HttpContext context, int status, object value)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(value, Json);
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }

    private sealed record Node(ClusterParts? Cluster, Maintenance Maintenance, Func<int> Sessions);
}
