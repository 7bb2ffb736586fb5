using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>CAPA (RFC 2449 section 5). Nothing depends on who is logged in; trusted proxies are told of XCLIENT.</summary>
internal sealed class CapaCommand : Pop3Command
{
    private static readonly CapaCommand Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        var options = connection.Server.Options;
        var output = connection.Output;
        Pop3Reply.Ok("capability list follows").Write(output);
        output.Line("TOP");
        output.Line("UIDL");
        output.Line("RESP-CODES");
        output.Line("AUTH-RESP-CODE");
        output.Line("PIPELINING");
        if (connection.MayAuthenticate)
        {
            output.Line("USER");
            output.Line("SASL " + string.Join(' ', connection.Mechanisms));
        }

        if (connection.Client.CanStartTls)
            output.Line("STLS");
        if (connection.Client.IsTrusted)
            output.Line("XCLIENT ADDR PORT DESTADDR DESTPORT SESSION CLIENT-TRANSPORT");
        output.Line("UTF8 USER");
        output.Line("LANG");
        output.Line(connection.Server.MaxAge is { } age ? $"EXPIRE {Math.Max(1, (long)age.TotalDays)}" : "EXPIRE NEVER");
        output.Line($"LOGIN-DELAY {(long)Math.Ceiling(options.LoginDelay.TotalSeconds)}");
        if (options.Implementation.Length > 0)
            output.Line("IMPLEMENTATION " + options.Implementation);
        output.EndOfLines();
        return default;
    }
}
