using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Commands;
using Sora.Gateway.Imap.Responses;
using Sora.Gateway.Imap.Wire;
using Sora.Gateway.Replicas;

namespace Sora.Gateway.Imap;

/// <summary>
/// One connection from the greeting to the end: reads a command, runs it, reports what has changed, answers. Commands run one after
/// another (RFC 9051 section 5.5); answers to a pipelined batch leave together, when there is nothing more to read.
/// </summary>
internal sealed class ImapConnection : IReplicaListener, IDisposable
{
    private byte[] _tag = "*"u8.ToArray();
    private int _listening;

    public ImapConnection(ImapServer server, ClientConnection client)
    {
        Server = server;
        Client = client;
        Writer = new ImapWriter(client.Output, client.FlushAsync);
        Reader = new ImapReader(client.Input, Writer, server.Options.ToReaderLimits(), () => client.InputTimedOut);
    }

    public ImapServer Server { get; }

    public ClientConnection Client { get; }

    public ImapSession Session { get; } = new();

    public ImapReader Reader { get; }

    public ImapWriter Writer { get; }

    /// <summary>The tag of the command that runs.</summary>
    public ReadOnlySpan<byte> Tag => _tag;

    /// <summary>A response is half written, or a message half read: after an error the connection can only be cut.</summary>
    public bool IsInResponse { get; set; }

    /// <summary>Passwords may be sent now: over TLS, from the same machine, or because the operator says so.</summary>
    public bool MayAuthenticate => Client.IsTls || Server.Options.AllowPlaintextAuth || IPAddress.IsLoopback(Client.Remote.Address);

    public SelectedMailbox Selected => Session.Selected ?? throw new InvalidOperationException("No mailbox is selected");

    /// <summary>The user's own account. A mailbox that a client names is found through <see cref="Directory"/>.</summary>
    public IAccount Account => Session.Account ?? throw new InvalidOperationException("Nobody is logged in");

    public MailboxDirectory Directory => Session.Directory ??= new MailboxDirectory(Account);

    public async Task RunAsync()
    {
        ImapReply.Ok("Sora ready", new CapabilityCode(Capabilities.For(this))).WriteUntagged(Writer);
        Client.SetInputTimeout(Server.Options.LoginTimeout);
        while (!Session.IsEnding)
        {
            if (Client.Draining.IsCancellationRequested)
            {
                Bye("Server is going down");
                break;
            }

            ExpectInput();
            var status = await Reader.ReadAsync().ConfigureAwait(false);
            if (status == ReadStatus.Closed)
                return;
            if (status == ReadStatus.Woken)
            {
                if (Client.InputTimedOut)
                    Bye(Session.State == ImapStates.NotAuthenticated ? "No login for too long" : "Autologout; idle for too long");
                continue;
            }

            await HandleAsync(status).ConfigureAwait(false);
        }

        await Writer.FlushAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        Deselect();
        Reader.Release();
    }

    /// <summary>Ends the session with an untagged BYE.</summary>
    public void Bye(string text, ResponseCode? code = null)
    {
        Writer.Raw("* BYE "u8);
        if (code is not null)
        {
            Writer.Raw("["u8);
            code.Write(Writer);
            Writer.Raw("] "u8);
        }

        Writer.Text(text);
        Writer.Crlf();
        Session.IsEnding = true;
    }

    /// <summary>Reads a line that belongs to the running command. When it is neither a line nor too long, the session is over.</summary>
    public async ValueTask<(ReadStatus Status, byte[] Line)> ReadLineAsync()
    {
        while (true)
        {
            ExpectInput();
            var (status, line) = await Reader.ReadLineAsync(Server.Options.MaxLine.ToInt32()).ConfigureAwait(false);
            if (status == ReadStatus.Woken && !Client.InputTimedOut && !Client.Draining.IsCancellationRequested)
                continue;
            if (status == ReadStatus.Woken)
                Bye(Client.InputTimedOut ? "No answer for too long" : "Server is going down");
            Session.IsEnding |= status == ReadStatus.Closed;
            return (status, line);
        }
    }

    public void Deselect()
    {
        var selected = Session.Selected;
        Session.Selected = null;
        selected?.Dispose();
    }

    /// <summary>The client has become a CONDSTORE client; if a mailbox is selected it must be told where that starts (RFC 7162 section 3.1).</summary>
    public void EnableCondStore()
    {
        if (Session.CondStore)
            return;
        Session.CondStore = true;
        if (Session.Selected is { } selected)
            ImapReply.Ok("From now on", new HighestModSeqCode(selected.Reported.HighestModSeq)).WriteUntagged(Writer);
    }

    /// <summary>Names and quoted strings may be UTF-8 from now on (RFC 6855 section 3).</summary>
    public void EnableUtf8()
    {
        Session.Utf8Accept = true;
        Writer.Utf8 = true;
    }

    public void EnableRev2()
    {
        Session.Rev2 = true;
        Writer.Utf8 = true;
        if (Session.Selected is { } selected)
            selected.TracksRecent = false;
    }

    /// <summary>Reports what is new in the selected mailbox. False when the mailbox is gone and the session is over.</summary>
    public async ValueTask<bool> SynchronizeAsync(bool mayExpunge, SyncScope scope = default, ModSeq atLeast = default, CancellationToken cancellationToken = default)
    {
        if (Session.Selected is not { } selected)
            return true;
        await selected.CatchUpAsync(atLeast, cancellationToken).ConfigureAwait(false);
        if (selected.IsGone)
        {
            Bye("Selected mailbox was deleted");
            return false;
        }

        await selected.ReportAsync(this, mayExpunge, scope, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <summary>Wakes the session out of its wait for input when its mailbox changes, until the result of <see cref="StopListening"/>.</summary>
    public void StartListening()
    {
        if (Session.Selected is { } selected && Interlocked.Exchange(ref _listening, 1) == 0)
            selected.Replica.AddListener(this);
    }

    public void StopListening()
    {
        if (Session.Selected is { } selected && Interlocked.Exchange(ref _listening, 0) == 1)
            selected.Replica.RemoveListener(this);
    }

    void IReplicaListener.ReplicaChanged() => Client.Wake();

    // The time for logging in runs from the greeting on, whatever the client sends in between.
    private void ExpectInput()
    {
        if (Session.State != ImapStates.NotAuthenticated)
            Client.SetInputTimeout(Server.Options.Autologout);
        else if (Client.InputTimedOut)
            Client.Wake();
    }

    private async ValueTask HandleAsync(ReadStatus status)
    {
        if (status is ReadStatus.TooLong or ReadStatus.Lost)
        {
            RefuseTooLong(status);
            return;
        }

        var started = Server.Time.GetTimestamp();
        var message = status == ReadStatus.Append ? Reader.Message : default;
        var (row, command, reply) = Parse(message);
        Reader.Release();
        if (command is not null)
        {
            Session.BadCommands = 0;
            reply = await RunAsync(row!, command).ConfigureAwait(false);
        }
        else if (status == ReadStatus.Append && !message.IsSynchronizing && !await Reader.SkipAppendAsync(message.Length).ConfigureAwait(false))
        {
            Bye("Message is too large", ResponseCode.TooBig);
        }

        if (reply.Status != ReplyStatus.None)
            reply.Write(Writer, Tag);
        row?.Instruments?.Record(Server.Time.GetElapsedTime(started), reply.Status is ReplyStatus.Ok or ReplyStatus.None);
        if (command is null && reply.Status == ReplyStatus.Bad && ++Session.BadCommands >= Server.Options.MaxBadCommands)
            Bye("Too many bad commands");
        if (Writer.ShouldFlush)
            await Writer.FlushAsync().ConfigureAwait(false);
    }

    private (CommandRow? Row, ImapCommand? Command, ImapReply Reply) Parse(MessageLiteral message)
    {
        SetTag("*"u8);
        CommandRow? row = null;
        try
        {
            var parser = new ImapParser(Reader.Command, Session.Utf8);
            SetTag(parser.Tag());
            parser.Space();
            var start = parser.Position;
            if (Ascii.EqualsIgnoreCase(parser.AtomSpan("a command"), "UID"u8))
            {
                parser.Space();
                parser.AtomSpan("a command");
            }

            row = Server.Commands.Find(Reader.Command[start..parser.Position]);
            if (row is null)
                return (null, null, ImapReply.Bad("Unknown command"));
            if (!row.States.HasFlag(Session.State))
                return (row, null, ImapReply.Bad(NotNow()));
            var command = row.Parse(ref parser, new ParseContext(row.ByUid, message));
            parser.End();
            return (row, command, default);
        }
        catch (ImapSyntaxException e)
        {
            return (row, null, e.Refusal is { } refusal ? ImapReply.No(refusal) : ImapReply.Bad(e.Message));
        }
    }

    private string NotNow() => Session.State switch
    {
        ImapStates.NotAuthenticated => "Log in first",
        ImapStates.Authenticated => "Not with no mailbox selected, or you are logged in already",
        _ => "You are logged in already",
    };

    // The one place where errors become answers.
    private async ValueTask<ImapReply> RunAsync(CommandRow row, ImapCommand command)
    {
        try
        {
            var mayExpunge = !row.Flags.HasFlag(CommandFlags.UsesSequenceNumbers);
            if (row.Flags.HasFlag(CommandFlags.RequiresSync) && Session.Selected is { } selected)
                await selected.RefreshAsync(Server.Options.RefreshAfter, Client.Closed).ConfigureAwait(false);
            var reportsFirst = command.ReportsFirst && Session.State == ImapStates.Selected && !row.Flags.HasFlag(CommandFlags.BreaksSequences);
            if (reportsFirst && !await SynchronizeAsync(mayExpunge: false, cancellationToken: Client.Closed).ConfigureAwait(false))
                return ImapReply.Answered;
            var reply = await command.ExecuteAsync(this, Client.Closed).ConfigureAwait(false);
            if (!row.Flags.HasFlag(CommandFlags.BreaksSequences) && reply.Status != ReplyStatus.None)
                await SynchronizeAsync(mayExpunge, cancellationToken: Client.Closed).ConfigureAwait(false);
            return reply;
        }
        catch (ImapSyntaxException e)
        {
            return e.Refusal is { } refusal ? ImapReply.No(refusal) : ImapReply.Bad(e.Message);
        }
        catch (BodyUnavailableException e) when (!IsInResponse)
        {
            return FailureOf(e);
        }
        catch (Exception e) when (!IsInResponse && !IsGone(e))
        {
            Log.CommandFailed(Server.Logger, row.Name, Client.Id, e);
            return e is TimeoutException or System.Data.Common.DbException // The database is away
                ? ImapReply.No(MailError.Unavailable())
                : ImapReply.No("Internal error, see the server's log", ResponseCode.Of(MailErrorCode.ServerBug));
        }
        catch (Exception e) when (IsInResponse)
        {
            if (!IsGone(e))
                Log.CommandFailed(Server.Logger, row.Name, Client.Id, e);
            Client.Abort();
            throw new ClientGoneException("A response could not be finished");
        }
    }

    private bool IsGone(Exception e) =>
        e is ClientGoneException or ConnectionResetException or ConnectionAbortedException || Client.Closed.IsCancellationRequested;

    /// <summary>The answer when a body cannot be read: never an empty message.</summary>
    public static ImapReply FailureOf(BodyUnavailableException failure) => failure.IsTemporary
        ? ImapReply.No("Some messages cannot be read at the moment", ResponseCode.Of(MailErrorCode.Unavailable))
        : ImapReply.No("Some messages cannot be read", ResponseCode.Of(MailErrorCode.ServerBug));

    private void RefuseTooLong(ReadStatus status)
    {
        SetTag("*"u8);
        try
        {
            SetTag(new ImapParser(Reader.Command).Tag());
        }
        catch (ImapSyntaxException)
        {
            // No tag in sight: the answer is untagged
        }

        Reader.Release();
        if (status == ReadStatus.Lost)
        {
            Bye("Command or literal is too large", ResponseCode.TooBig);
            return;
        }

        ImapReply.Bad("Command line or literal is too long").Write(Writer, Tag);
        if (++Session.BadCommands >= Server.Options.MaxBadCommands)
            Bye("Too many bad commands");
    }

    private void SetTag(ReadOnlySpan<byte> tag)
    {
        if (!tag.SequenceEqual(_tag))
            _tag = tag.Length == _tag.Length ? CopyOver(tag) : tag.ToArray();
    }

    private byte[] CopyOver(ReadOnlySpan<byte> tag)
    {
        tag.CopyTo(_tag);
        return _tag;
    }
}
