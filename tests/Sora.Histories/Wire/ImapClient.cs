using System.Globalization;

namespace Sora.Histories.Wire;

/// <summary>An IMAP connection that writes down all that it asks and is told. After a <see cref="ConnectionLostException"/> it is of no more use.</summary>
public sealed class ImapClient : IDisposable
{
    private readonly LineSocket _socket;
    private readonly History _history;
    private int _tag;

    private ImapClient(LineSocket socket, History history, string name) => (_socket, _history, Name) = (socket, history, name);

    /// <summary>In the history.</summary>
    public string Name { get; }

    /// <summary>What it knows of the selected mailbox.</summary>
    public View View { get; private set; } = new();

    /// <summary>The mailbox that is selected, as the history calls it; null for none.</summary>
    public string? Selected { get; private set; }

    /// <summary>Connects and logs in.</summary>
    /// <exception cref="ConnectionLostException">The server is not there, or says that it cannot now.</exception>
    public static async Task<ImapClient> LogInAsync(History history, string name, Endpoint endpoint, string user, string password, TimeSpan patience)
    {
        var client = new ImapClient(await LineSocket.ConnectAsync(endpoint, patience), history, name);
        try
        {
            var greeting = await client._socket.ReadAsync();
            if (!greeting.StartsWith("* OK", StringComparison.Ordinal))
                throw new ConnectionLostException(greeting);
            await client.MustAsync($"LOGIN {user} {password}");
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A command that is no part of the history, as ENABLE; anything but OK is a <see cref="ConnectionLostException"/>.</summary>
    public async Task MustAsync(string command)
    {
        var operation = new Operation { Connection = Name, Kind = OperationKind.Noop, Mailbox = "", Command = command };
        var answer = await ExchangeAsync(operation, command);
        if (!operation.IsOk)
            throw new ConnectionLostException($"{command}: {answer}");
    }

    /// <summary>As <see cref="MustAsync"/>, but the answer may be NO.</summary>
    public async Task<string> TryAsync(string command) =>
        await ExchangeAsync(new Operation { Connection = Name, Kind = OperationKind.Noop, Mailbox = "", Command = command }, command);

    /// <summary>Runs a command of the history to its answer.</summary>
    public async Task<Operation> RunAsync(Operation operation)
    {
        if (operation.Kind == OperationKind.Select)
            (View, Selected) = (new View(), operation.Mailbox);
        _history.Begin(operation);
        var answer = await ExchangeAsync(operation, operation.Command);
        _history.End(operation, operation.Outcome, answer);
        return operation;
    }

    /// <summary>APPEND with a synchronizing literal.</summary>
    public async Task<Operation> AppendAsync(Operation operation, ReadOnlyMemory<byte> message)
    {
        _history.Begin(operation);
        var tag = NextTag();
        await _socket.WriteAsync(string.Create(CultureInfo.InvariantCulture, $"{tag} {operation.Command} {{{message.Length}}}\r\n"));
        var answer = await ReadAsync(operation, tag, untilContinuation: true);
        if (answer.StartsWith('+'))
        {
            await _socket.WriteAsync(message);
            await _socket.WriteAsync("\r\n");
            answer = await ReadAsync(operation, tag);
        }

        _history.End(operation, operation.Outcome, answer);
        return operation;
    }

    /// <summary>IDLE until something comes, or for this time.</summary>
    /// <param name="operation">To be noted.</param>
    /// <param name="longest">How long at most.</param>
    /// <param name="until">Told of each response; true ends IDLE. Without it the first one does.</param>
    /// <param name="begun">Called when the server has said that it waits.</param>
    public async Task<Operation> IdleAsync(Operation operation, TimeSpan longest, Func<ViewEvent, bool>? until = null, Action? begun = null)
    {
        _history.Begin(operation);
        var tag = NextTag();
        await _socket.WriteAsync(tag + " IDLE\r\n");
        var answer = await ReadAsync(operation, tag, untilContinuation: true);
        if (answer.StartsWith('+'))
        {
            begun?.Invoke();
            var end = _history.Now + (long)(longest.TotalSeconds * System.Diagnostics.Stopwatch.Frequency);
            for (var done = false; !done && History.Time(end - _history.Now) is { Ticks: > 0 } rest && await _socket.HasMoreAsync(rest);)
            {
                var known = operation.Events.Count;
                Take(operation, await _socket.ReadAsync());
                for (; known < operation.Events.Count; known++)
                    done |= until?.Invoke(operation.Events[known]) ?? true;
            }

            await _socket.WriteAsync("DONE\r\n");
            answer = await ReadAsync(operation, tag);
        }

        _history.End(operation, operation.Outcome, answer);
        return operation;
    }

    public void Dispose() => _socket.Dispose();

    private string NextTag() => string.Create(CultureInfo.InvariantCulture, $"t{++_tag}");

    private async Task<string> ExchangeAsync(Operation operation, string command)
    {
        var tag = NextTag();
        await _socket.WriteAsync($"{tag} {command}\r\n");
        return await ReadAsync(operation, tag);
    }

    // The tagged line without its tag, or the continuation
    private async Task<string> ReadAsync(Operation operation, string tag, bool untilContinuation = false)
    {
        while (true)
        {
            var line = await _socket.ReadAsync();
            if (line.StartsWith("* ", StringComparison.Ordinal))
            {
                Take(operation, line);
            }
            else if (untilContinuation && line.StartsWith('+'))
            {
                return line;
            }
            else if (line.StartsWith(tag + ' ', StringComparison.Ordinal))
            {
                var answer = line[(tag.Length + 1)..];
                operation.Outcome = answer.Split(' ')[0] switch { "OK" => Outcome.Ok, "NO" => Outcome.No, _ => Outcome.Bad };
                Note(operation, answer);
                return answer;
            }
            else
            {
                throw new ConnectionLostException("Neither untagged nor an answer: " + line);
            }
        }
    }

    private void Take(Operation operation, string line)
    {
        if (line.StartsWith("* BYE", StringComparison.Ordinal))
            throw new ConnectionLostException(line);
        if (line.StartsWith("* OK [", StringComparison.Ordinal))
        {
            Note(operation, line[2..]);
            return;
        }

        var values = ImapData.Parse(line, 2);
        if (values.Count > 1 && ulong.TryParse(values[0] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            switch (values[1] as string)
            {
                case "EXISTS":
                    Tell(operation, ViewEventKind.Exists, number);
                    break;
                case "EXPUNGE":
                    Tell(operation, ViewEventKind.Expunge, number);
                    break;
                case "FETCH" when values[2] is List<object> items:
                    Tell(operation, new ViewEvent(_history.Now, ViewEventKind.Fetch, number) { Message = MessageOf(items) });
                    break;
            }
        }
        else if (values is ["VANISHED", string set])
        {
            Tell(operation, new ViewEvent(_history.Now, ViewEventKind.Vanished, 0) { Uids = ImapData.Set(set) });
        }
        else if (values is ["STATUS", _, List<object> items])
        {
            for (var i = 0; i + 1 < items.Count; i += 2)
                TellCode(operation, (string)items[i], (string)items[i + 1]);
        }
    }

    // A response code, of a tagged or an untagged status
    private void Note(Operation operation, string status)
    {
        var open = status.IndexOf('[', StringComparison.Ordinal);
        if (open < 0 || open > 4)
            return;
        var words = status[(open + 1)..status.IndexOf(']', StringComparison.Ordinal)].Split(' ');
        switch (words)
        {
            case ["APPENDUID", var validity, var uid]:
                operation.Placed = new Placed(ImapData.Number(validity), [], ImapData.Set(uid));
                break;
            case ["COPYUID", var validity, var from, var to]:
                operation.Placed = new Placed(ImapData.Number(validity), ImapData.Set(from), ImapData.Set(to));
                break;
            // While another command runs they are of the selected mailbox, which the command may not be about
            case [var name, var value] when operation.Kind == OperationKind.Select:
                TellCode(operation, name, value);
                break;
        }
    }

    private void TellCode(Operation operation, string name, string value)
    {
        ViewEventKind? kind = name switch
        {
            "UIDVALIDITY" => ViewEventKind.UidValidity,
            "UIDNEXT" => ViewEventKind.UidNext,
            "HIGHESTMODSEQ" => ViewEventKind.HighestModSeq,
            _ => null,
        };
        if (kind is { } known)
            Tell(operation, known, ulong.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture));
    }

    private void Tell(Operation operation, ViewEventKind kind, ulong number) => Tell(operation, new ViewEvent(_history.Now, kind, number));

    // Whether it fits is for the checker to say
    private void Tell(Operation operation, ViewEvent told)
    {
        operation.Events.Add(told);
        View.Apply(told, mayExpunge: true);
    }

    private MessageState MessageOf(List<object> items)
    {
        var state = new MessageState(0);
        for (var i = 0; i + 1 < items.Count; i += 2)
        {
            switch (items[i])
            {
                case "UID":
                    state = state with { Uid = ImapData.Number((string)items[i + 1]) };
                    break;
                case "MODSEQ":
                    state = state with { ModSeq = ulong.Parse((string)((List<object>)items[i + 1])[0], NumberStyles.None, CultureInfo.InvariantCulture) };
                    break;
                case "FLAGS":
                    state = state with { Flags = _history.Share(((List<object>)items[i + 1]).Cast<string>().Where(static flag => flag != "\\Recent").Order(StringComparer.OrdinalIgnoreCase)) };
                    break;
                case string name when name.StartsWith("BODY[HEADER", StringComparison.Ordinal):
                    state = state with { Identity = _history.Share(HistoryMail.IdentityOf((string)items[i + 1])) };
                    break;
            }
        }

        return state;
    }
}
