using System.Text.Json.Nodes;

namespace Sora.Acme.Tests.Server;

/// <summary>A problem document (RFC 7807).</summary>
internal sealed class AcmeProblem(int status, string type, string detail) : Exception(detail)
{
    public int Status => status;

    public int? RetryAfter { get; init; }

    public string ToJson() => new JsonObject { ["type"] = "urn:ietf:params:acme:error:" + type, ["detail"] = Message, ["status"] = status }.ToJsonString();
}
