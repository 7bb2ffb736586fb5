using System.IO.Pipelines;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Pop3.Commands;
using Sora.Gateway.Pop3.Responses;
using Sora.Gateway.Pop3.Wire;

namespace Sora.Gateway.Pop3;

/// <summary>One client's session: its state, and the loop that reads commands and runs them one after the other.</summary>
internal sealed class Pop3Connection : IAsyncDisposable
{
    private const int MaxUnflushed = 32 * 1024;

    private readonly long _started;
    private AccountWatch? _watch;
    private IMaildropLock? _lock;
    private MailboxId _inbox;
    private bool _isFinished;
    private int _badCommands;
    private int _retrieved;
    private long _retrievedOctets;
    private int _deleted;

    public Pop3Connection(Pop3Server server, ClientConnection client)
    {
        Server = server;
        Client = client;
        Input = new SessionInput(client) { BeforeWaiting = ReadAhead };
        Limit = new CommandLimit(client, server.Options.CommandTimeout);
        Ahead = new MessagesAhead(server.Messages, server.Options);
        Sender = new MessageSender(this);
        _started = server.Time.GetTimestamp();
    }

    public Pop3Server Server { get; }

    public ClientConnection Client { get; }

    public SessionInput Input { get; }

    /// <summary>The time that the running command has left.</summary>
    public CommandLimit Limit { get; }

    /// <summary>The messages that come next.</summary>
    public MessagesAhead Ahead { get; }

    public MessageSender Sender { get; }

    public PipeWriter Output => Client.Output;

    /// <summary>Who is logged in; null before.</summary>
    public AccountIdentity? Identity { get; private set; }

    /// <summary>The messages of who is logged in.</summary>
    public Maildrop Maildrop { get; private set; } = null!;

    /// <summary>What the last command, a USER, named; null when that was none.</summary>
    public string? User { get; set; }

    /// <summary>UTF-8 mode (RFC 6856 section 2.1).</summary>
    public bool IsUtf8 { get; set; }

    public int AuthFailures { get; set; }

    /// <summary>The session is over once what was written is sent.</summary>
    public bool HasEnded { get; set; }

    /// <summary>Passwords may be sent now: over TLS, from the same machine, or because the operator says so.</summary>
    public bool MayAuthenticate => Client.IsPrivate || Server.Options.AllowPlaintextAuth;

    /// <summary>The hash functions of SCRAM that this client was told of.</summary>
    public ScramHashes Scram { get; private set; }

    /// <summary>The mechanisms that CAPA and AUTH tell of, which TLS changes.</summary>
    public IEnumerable<string> Mechanisms => Server.Sasl.Offered(Client, Scram);

    private Pop3States State => Identity is null ? Pop3States.Authorization : Pop3States.Transaction;

    public async Task RunAsync()
    {
        Scram = await Server.Sasl.ScramOfferAsync(Client.Closed);
        Pop3Reply.Ok(Client.IsTrusted ? "[XCLIENT] Sora POP3 server ready" : "Sora POP3 server ready").Write(Output);
        while (!HasEnded && await NextAsync())
        {
            if (!HasEnded && _badCommands >= Server.Options.MaxBadCommands)
                End("Too many bad commands");
        }

        await Client.FlushAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Input.Release();
        await FinishAsync();
        await Ahead.DisposeAsync();
        Limit.Dispose();
    }

    /// <summary>Enters the TRANSACTION state.</summary>
    public void LogIn(AccountIdentity identity, IMaildropLock maildropLock, MailboxId inbox, Maildrop maildrop)
    {
        Identity = identity;
        Maildrop = maildrop;
        _lock = maildropLock;
        _inbox = inbox;
        _watch = new AccountWatch(Client, Server.Accounts, identity);
    }

    /// <summary>Removes what was marked as deleted, all of it or nothing (RFC 1939 section 6). What others have removed meanwhile is gone, as it should be.</summary>
    public async ValueTask<MailError?> UpdateAsync(CancellationToken cancellationToken)
    {
        if (Maildrop.Deleted == 0)
            return null;
        var held = await _lock!.IsHeldAsync(cancellationToken);
        if (!held.IsOk)
            return held.Error;
        if (!held.Value)
        {
            Log.MaildropLost(Server.Logger, Identity!.Account, Client.Id);
            return MailError.Unavailable("The maildrop was lost to another session");
        }

        var request = new ExpungeRequest(OperationId.New(), Maildrop.DeletedUids(), OnlyDeleted: false);
        var expunged = await Server.Mailboxes.Get(_inbox).ExpungeAsync(request, cancellationToken);
        if (expunged.IsOk)
            _deleted = Maildrop.Deleted;
        return expunged.Error;
    }

    /// <summary>Lets go of the maildrop. The next session may begin before this one's last answer has arrived.</summary>
    public async ValueTask FinishAsync()
    {
        if (_isFinished || Identity is null)
            return;
        _isFinished = true;
        _watch?.Dispose();
        await MarkSeenAsync();
        await _lock!.DisposeAsync();
        Log.SessionEnded(Server.Logger, Identity.Account, Client.Id, _retrieved, _retrievedOctets, _deleted);
    }

    /// <summary>Counts a message that was sent.</summary>
    public void Retrieved(int number, long octets)
    {
        Maildrop.Retrieve(number);
        Server.Retrieved.Record(octets);
        _retrieved++;
        _retrievedOctets += octets;
    }

    /// <summary>Ends the session with -ERR.</summary>
    public void End(string text, string? code = null)
    {
        Pop3Reply.Error(text, code).Write(Output);
        HasEnded = true;
    }

    /// <summary>Sends what was written when it is much. False when the client is gone: the session is over then.</summary>
    public async ValueTask<bool> FlushIfFullAsync()
    {
        if (Output.UnflushedBytes < MaxUnflushed || await Limit.FlushAsync())
            return true;
        HasEnded = true;
        return false;
    }

    /// <summary>A line that belongs to the running command; null when there is none, and the answer to that if the session goes on.</summary>
    public async ValueTask<(byte[]? Line, Pop3Reply? Refusal)> ReadLineAsync()
    {
        while (true)
        {
            switch (Input.TryReadLine(Server.Options.MaxAuthLine.ToInt32(), out var line))
            {
                case LineOutcome.Line:
                    return (line.ToArray(), null);
                case LineOutcome.TooLong:
                    return (null, Pop3Reply.Error("The line is too long"));
                case LineOutcome.Endless:
                    End("The line is too long");
                    return (null, null);
                case LineOutcome.Incomplete when !await FillAsync():
                    return (null, null);
            }
        }
    }

    // Reads and runs one command, or more input when there is no whole one. False when the session is over
    private async ValueTask<bool> NextAsync()
    {
        if (_watch is not null && await _watch.IsOverAsync(Client.Closed))
        {
            End("The login is no longer valid", ResponseCode.Auth);
            return false;
        }

        var longest = Identity is null ? Server.Options.MaxAuthLine : Server.Options.MaxLine;
        switch (Input.TryReadLine(longest.ToInt32(), out var line))
        {
            case LineOutcome.Line:
                await HandleAsync(line);
                return true;
            case LineOutcome.TooLong:
                _badCommands++;
                Pop3Reply.Error("The line is too long").Write(Output);
                return true;
            case LineOutcome.Endless:
                End("The line is too long");
                return false;
            default:
                return await FillAsync();
        }
    }

    private async ValueTask<bool> FillAsync()
    {
        if (Client.Ending is { } ending)
        {
            End(ending.Text, ResponseCode.SysTemp);
            return false;
        }

        var patience = Patience();
        switch (patience == TimeSpan.Zero ? InputOutcome.TimedOut : await Input.FillAsync(patience))
        {
            case InputOutcome.TimedOut:
                // Nothing is deleted, and nothing said (RFC 1939 section 3)
                Client.NoteTimeout();
                HasEnded = true;
                return false;
            case InputOutcome.EndOfInput:
                HasEnded = true;
                return false;
            default:
                return true;
        }
    }

    // The time for logging in runs on whatever the client sends in between
    private TimeSpan Patience()
    {
        if (Identity is not null)
            return Server.Options.Autologout;
        var left = Server.Options.LoginTimeout - Server.Time.GetElapsedTime(_started);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async ValueTask HandleAsync(ReadOnlyMemory<byte> line)
    {
        var started = Server.Time.GetTimestamp();
        var (row, command, reply) = Parse(line.Span);
        var instruments = row?.Instruments ?? Server.Commands.Unknown;
        using var span = instruments.Trace();
        if (command is not null)
        {
            _badCommands = 0;
            reply = await RunAsync(row!, command);
            if (command is not UserCommand)
                User = null;
        }
        else
        {
            _badCommands++;
            User = null;
        }

        reply?.Write(Output);
        var isOk = reply is null ? !HasEnded || Client.Closed.IsCancellationRequested : reply.Value.IsOk;
        instruments.Record(Server.Time.GetElapsedTime(started), isOk, span);
    }

    private (CommandRow<Pop3States, ParsePop3Command>? Row, Pop3Command? Command, Pop3Reply? Reply) Parse(ReadOnlySpan<byte> line)
    {
        var space = line.IndexOf((byte)' ');
        var row = Server.Commands.Find(space < 0 ? line : line[..space]);
        if (row is null)
            return (null, null, Pop3Reply.Error("Unknown command"));
        if (!row.Allowed.HasFlag(State))
            return (row, null, Pop3Reply.Error(Identity is null ? "Log in first" : "Not after login"));
        try
        {
            var arguments = new Pop3Arguments(space < 0 ? default : line[space..]);
            var command = row.Parse(ref arguments);
            arguments.End();
            return (row, command, null);
        }
        catch (Pop3SyntaxException e)
        {
            return (row, null, Pop3Reply.Error(e.Message));
        }
    }

    // The one place where errors become answers
    private async ValueTask<Pop3Reply?> RunAsync(CommandRow<Pop3States, ParsePop3Command> row, Pop3Command command)
    {
        Client.Activity = row.Name;
        try
        {
            return await command.ExecuteAsync(this, Limit.Start(row.WaitsForClient));
        }
        catch (Exception e)
        {
            switch (Limit.Explain(e, Server.Logger, row.Name))
            {
                case CommandFault.ClientIsGone:
                    HasEnded = true;
                    return null;
                case CommandFault.TookTooLong:
                    return Pop3Reply.Error("The command took too long, try again later", ResponseCode.SysTemp);
                default:
                    return Pop3Reply.Error("Internal error, try again later", ResponseCode.SysTemp);
            }
        }
        finally
        {
            Limit.End();
            Client.Activity = "";
        }
    }

    private void ReadAhead()
    {
        if (Identity is not null)
            Ahead.Continue(Maildrop);
    }

    // Once for the session: a client that has taken a message away has shown it to somebody
    private async ValueTask MarkSeenAsync()
    {
        if (!Server.Options.MarkSeen || _retrieved == 0)
            return;
        var uids = Maildrop.UnseenRetrieved(deletedAreGone: _deleted > 0);
        if (uids.IsEmpty)
            return;
        try
        {
            using var limit = new CancellationTokenSource(Server.Options.CommandTimeout, Server.Time);
            var request = new StoreRequest(OperationId.New(), uids, StoreMode.Add, FlagSet.Of(SystemFlags.Seen));
            var stored = await Server.Mailboxes.Get(_inbox).StoreAsync(request, limit.Token);
            if (!stored.IsOk)
                Log.NotMarked(Server.Logger, Client.Id, stored.Error.Text);
        }
        catch (Exception e) when (e is OperationCanceledException or System.Data.Common.DbException or TimeoutException)
        {
            Log.NotMarked(Server.Logger, Client.Id, e.Message);
        }
    }
}
