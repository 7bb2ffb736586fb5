using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>UTF8 (RFC 6856 section 2.1): messages are sent as they are, whatever is in their headers.</summary>
internal sealed class Utf8Command : Pop3Command
{
    private static readonly Utf8Command Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        connection.IsUtf8 = true;
        return new(Pop3Reply.Ok("UTF8 enabled"));
    }
}
