using System.Globalization;
using System.Text;

namespace Sora.Histories.Wire;

/// <summary>An LMTP connection (RFC 2033) that writes down its deliveries.</summary>
public sealed class LmtpClient : IDisposable
{
    private readonly LineSocket _socket;
    private readonly History _history;
    private readonly string _name;

    private LmtpClient(LineSocket socket, History history, string name) => (_socket, _history, _name) = (socket, history, name);

    public static async Task<LmtpClient> ConnectAsync(History history, string name, Endpoint endpoint, TimeSpan patience)
    {
        var client = new LmtpClient(await LineSocket.ConnectAsync(endpoint, patience), history, name);
        try
        {
            await client.MustAsync("220");
            await client._socket.WriteAsync("LHLO history.example\r\n");
            await client.MustAsync("250");
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Delivers to the INBOX of each recipient; those that were acknowledged.</summary>
    public async Task<IReadOnlyList<string>> DeliverAsync(string identity, IReadOnlyList<string> recipients, ReadOnlyMemory<byte> message)
    {
        var operations = recipients.Select(recipient => _history.Begin(new Operation
        {
            Connection = _name,
            Kind = OperationKind.Deliver,
            Mailbox = recipient + "/INBOX",
            Command = $"delivery of {identity}",
            Message = identity,
        })).ToList();
        var commands = new StringBuilder("MAIL FROM:<sender@example.org>\r\n");
        foreach (var recipient in recipients)
            commands.Append(CultureInfo.InvariantCulture, $"RCPT TO:<{recipient}>\r\n");
        await _socket.WriteAsync(commands.Append("DATA\r\n").ToString());
        var mail = await ReplyAsync();
        var accepted = new List<Operation>();
        foreach (var operation in operations)
        {
            var reply = await ReplyAsync();
            if (IsPositive(reply))
                accepted.Add(operation);
            else
                _history.End(operation, Outcome.Bad, reply);
        }

        var data = await ReplyAsync();
        if (!data.StartsWith("354", StringComparison.Ordinal))
        {
            foreach (var operation in accepted)
                _history.End(operation, Outcome.Bad, data);
            await _socket.WriteAsync("RSET\r\n");
            await MustAsync("250");
            return [];
        }

        if (!IsPositive(mail))
            throw new ConnectionLostException($"MAIL {mail}, DATA {data}");
        await _socket.WriteAsync(message);
        await _socket.WriteAsync(".\r\n");
        var acknowledged = new List<string>();
        foreach (var operation in accepted)
        {
            var reply = await ReplyAsync();
            _history.End(operation, IsPositive(reply) ? Outcome.Ok : Outcome.No, reply);
            if (operation.IsOk)
                acknowledged.Add(operation.Mailbox[..^"/INBOX".Length]);
        }

        return acknowledged;
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsPositive(string reply) => reply.StartsWith('2');

    private async Task MustAsync(string code)
    {
        var reply = await ReplyAsync();
        if (!reply.StartsWith(code, StringComparison.Ordinal))
            throw new ConnectionLostException(reply);
    }

    // The last line of a reply
    private async Task<string> ReplyAsync()
    {
        while (true)
        {
            var line = await _socket.ReadAsync(literals: false);
            if (line.Length < 4 || line[3] != '-')
                return line;
        }
    }
}
