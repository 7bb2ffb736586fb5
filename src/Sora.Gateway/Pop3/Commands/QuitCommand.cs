using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3.Commands;

/// <summary>QUIT (RFC 1939 sections 4 and 6). After login it removes what was marked as deleted, all of it or nothing.</summary>
internal sealed class QuitCommand : Pop3Command
{
    private static readonly QuitCommand Instance = new();

    public static Pop3Command Parse(ref Pop3Arguments arguments) => Instance;

    public override async ValueTask<Pop3Reply?> ExecuteAsync(Pop3Connection connection, CancellationToken cancellationToken)
    {
        connection.HasEnded = true;
        if (connection.Identity is null)
            return Pop3Reply.Ok("Sora POP3 server signing off");
        var failure = await connection.UpdateAsync(cancellationToken);

        // A client that comes again as soon as it has the answer finds the maildrop free
        await connection.FinishAsync();
        return failure is null
            ? Pop3Reply.Ok("Sora POP3 server signing off")
            : Pop3Reply.Error($"no message was removed: {failure.Text}", Pop3Reply.Error(failure).Code);
    }
}
