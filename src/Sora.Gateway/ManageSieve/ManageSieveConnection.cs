using System.IO.Pipelines;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.ManageSieve.Responses;
using Sora.Gateway.ManageSieve.Wire;

namespace Sora.Gateway.ManageSieve;

/// <summary>One client's session: its state, and the loop that reads commands and runs them one after the other.</summary>
internal sealed class ManageSieveConnection : IDisposable
{
    private readonly CommandReader _reader;
    private readonly CommandLimit _limit;
    private long _notAuthenticatedSince;
    private AccountWatch? _watch;
    private int _badCommands;

    public ManageSieveConnection(ManageSieveServer server, ClientConnection client)
    {
        Server = server;
        Client = client;
        Input = new SessionInput(client);
        _reader = new CommandReader(Input, server.Options);
        _limit = new CommandLimit(client, server.Options.CommandTimeout);
        _notAuthenticatedSince = server.Time.GetTimestamp();
    }

    public ManageSieveServer Server { get; }

    public ClientConnection Client { get; }

    public SessionInput Input { get; }

    public PipeWriter Output => Client.Output;

    /// <summary>Who is logged in; null before.</summary>
    public AccountIdentity? Identity { get; private set; }

    /// <summary>The account of who is logged in.</summary>
    public AccountId Account => Identity?.Account ?? throw new InvalidOperationException("Nobody is logged in");

    public int AuthFailures { get; set; }

    /// <summary>The session is over once what was written is sent.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Passwords may be sent now: over TLS, from the same machine, or because the operator says so.</summary>
    public bool MayAuthenticate => Client.IsPrivate || Server.Options.AllowPlaintextAuth;

    /// <summary>The hash functions of SCRAM of which this client is told.</summary>
    public ScramHashes Scram { get; private set; }

    private ManageSieveStates State => Identity is null ? ManageSieveStates.NotAuthenticated : ManageSieveStates.Authenticated;

    public async Task RunAsync()
    {
        Scram = await Server.Sasl.ScramOfferAsync(Client.Closed);
        Capabilities.Write(Output, this);
        ManageSieveReply.Ok("Sora ready").Write(Output);
        while (!HasEnded)
        {
            if (_watch is not null && await _watch.IsOverAsync(Client.Closed))
            {
                End("The login is no longer valid");
                break;
            }

            if (Client.Ending is { } ending)
            {
                End(ending.Text, ResponseCode.TryLater);
                break;
            }

            var patience = Patience();
            if (patience == TimeSpan.Zero)
                EndAfter(ReadStatus.TimedOut);
            else
                await HandleAsync(await _reader.ReadAsync(patience));
        }

        await Client.FlushAsync();
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _reader.Release();
        _limit.Dispose();
    }

    public void LogIn(AccountIdentity identity)
    {
        Identity = identity;
        _watch = new AccountWatch(Client, Server.Accounts, identity);
    }

    /// <summary>Back to the state before login; TLS stays (RFC 5804 section 2.14.1).</summary>
    public void LogOut()
    {
        Identity = null;
        Client.LogOut();
        _watch?.Dispose();
        _watch = null;
        _notAuthenticatedSince = Server.Time.GetTimestamp();
    }

    /// <summary>Ends the session with BYE.</summary>
    public void End(string text, string? code = null)
    {
        ManageSieveReply.Bye(text, code).Write(Output);
        HasEnded = true;
    }

    /// <summary>Reads a string that belongs to the running command, on a line of its own; null when there is none, and the reply to that if the session goes on.</summary>
    public async ValueTask<(byte[]? Value, ManageSieveReply? Refusal)> ReadStringAsync()
    {
        while (true)
        {
            var status = await _reader.ReadAsync(Patience());
            switch (status)
            {
                case ReadStatus.Command:
                    try
                    {
                        return (ParseString(), null);
                    }
                    catch (ManageSieveSyntaxException e)
                    {
                        return (null, ManageSieveReply.No(e.Message));
                    }
                    finally
                    {
                        _reader.Release();
                    }

                case ReadStatus.LiteralTooLarge:
                    _reader.Release();
                    return (null, ManageSieveReply.No("A string is too large"));
                case ReadStatus.Woken when Client.Ending is null:
                    continue;
                default:
                    EndAfter(status);
                    return (null, null);
            }
        }
    }

    private byte[] ParseString()
    {
        var parser = new ManageSieveParser(_reader.Command);
        var value = parser.String();
        parser.End();
        return value;
    }

    // The time for logging in runs on whatever the client sends in between
    private TimeSpan Patience()
    {
        if (Identity is not null)
            return Server.Options.Autologout;
        var left = Server.Options.LoginTimeout - Server.Time.GetElapsedTime(_notAuthenticatedSince);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async ValueTask HandleAsync(ReadStatus status)
    {
        if (status is not (ReadStatus.Command or ReadStatus.LiteralTooLarge))
        {
            if (status != ReadStatus.Woken)
                EndAfter(status);
            return;
        }

        var started = Server.Time.GetTimestamp();
        var (row, command, reply) = Parse(status);
        _reader.Release();
        var instruments = row?.Instruments ?? Server.Commands.Unknown;
        using var span = instruments.Trace();
        if (command is not null)
        {
            _badCommands = 0;
            reply = await RunAsync(row!, command);
        }

        reply?.Write(Output);
        var isOk = reply is null ? !HasEnded : reply.Value.Status == ReplyStatus.Ok;
        instruments.Record(Server.Time.GetElapsedTime(started), isOk, span);
        if (command is null && ++_badCommands >= Server.Options.MaxBadCommands)
            End("Too many bad commands");
    }

    private (CommandRow<ManageSieveStates, ParseManageSieveCommand>? Row, ManageSieveCommand? Command, ManageSieveReply? Reply) Parse(ReadStatus status)
    {
        CommandRow<ManageSieveStates, ParseManageSieveCommand>? row = null;
        try
        {
            var parser = new ManageSieveParser(_reader.Command);
            row = Server.Commands.Find(parser.Name());
            if (row is null)
                return (null, null, ManageSieveReply.No("Unknown command"));
            if (!row.Allowed.HasFlag(State))
                return (row, null, ManageSieveReply.No(Identity is null ? "Log in first" : "Not after login"));
            if (status == ReadStatus.LiteralTooLarge)
                return (row, null, ManageSieveReply.No("A literal is too large", ResponseCode.QuotaMaxSize));
            var command = row.Parse(ref parser);
            parser.End();
            return (row, command, null);
        }
        catch (ManageSieveSyntaxException e)
        {
            return (row, null, ManageSieveReply.No(e.Message));
        }
    }

    // The one place where errors become answers
    private async ValueTask<ManageSieveReply?> RunAsync(CommandRow<ManageSieveStates, ParseManageSieveCommand> row, ManageSieveCommand command)
    {
        Client.Activity = row.Name;
        try
        {
            return await command.ExecuteAsync(this, _limit.Start(row.WaitsForClient));
        }
        catch (Exception e)
        {
            switch (_limit.Explain(e, Server.Logger, row.Name))
            {
                case CommandFault.ClientIsGone:
                    HasEnded = true;
                    return null;
                case CommandFault.TookTooLong:
                    return ManageSieveReply.No("The command took too long, try again later", ResponseCode.TryLater);
                default:
                    return ManageSieveReply.No("Internal error, try again later", ResponseCode.TryLater);
            }
        }
        finally
        {
            _limit.End();
            Client.Activity = "";
        }
    }

    private void EndAfter(ReadStatus status)
    {
        HasEnded = true;
        switch (status)
        {
            case ReadStatus.TimedOut:
                Client.NoteTimeout();
                End(Identity is null ? "No login for too long" : "You were silent for too long");
                break;
            case ReadStatus.Woken:
                End(Client.Ending?.Text ?? "The server is going down", ResponseCode.TryLater);
                break;
            case ReadStatus.Lost:
                End("A line or a literal is too long", ResponseCode.QuotaMaxSize);
                break;
        }
    }
}
