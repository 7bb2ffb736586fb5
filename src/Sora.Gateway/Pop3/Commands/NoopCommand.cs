using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>NOOP (RFC 1939 section 5).</summary>
internal sealed class NoopCommand : Pop3Command
{
    private static readonly NoopCommand Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken) => new(Pop3Reply.Ok());
}
