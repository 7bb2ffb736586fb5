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
    private bool _usesNumbers; // the running command has message numbers among its arguments
    private HashSet<string> _disabled;
    private readonly CommandLimit _limit;

    public ImapConnection(ImapServer server, ClientConnection client)
    {
        Server = server;
        Client = client;
        _disabled = server.Disabled;
        _limit = new CommandLimit(client, server.Options.CommandTimeout);
        Writer = new ImapWriter(client.Output, _limit.FlushAsync);
        Reader = new ImapReader(client.Input, Writer, server.Options.ToReaderLimits(), MustStop, client.Expect);
    }

    public ImapServer Server { get; }

    public ClientConnection Client { get; }

    public ImapSession Session { get; private set; } = new();

    public ImapReader Reader { get; }

    public ImapWriter Writer { get; }

    /// <summary>Which messages of the selected mailbox the client takes one after the other.</summary>
    public BodyWalk Walk => field ??= new BodyWalk(Server.Messages, Client.Closed);

    /// <summary>The tag of the command that runs.</summary>
    public ReadOnlySpan<byte> Tag => _tag;

    /// <summary>A response is half written, or a message half read: after an error the connection can only be cut.</summary>
    public bool IsInResponse { get; set; }

    /// <summary>Passwords may be sent now: over TLS, from the same machine, or because the operator says so.</summary>
    public bool MayAuthenticate => Client.IsPrivate || Server.Options.AllowPlaintextAuth;

    /// <summary>The hash functions of SCRAM of which this client is told.</summary>
    public ScramHashes Scram { get; private set; }

    /// <summary>The client is told of this SASL mechanism now.</summary>
    public bool Offers(string mechanism) => MayAuthenticate && Server.Sasl.Offered(Client, Scram).Contains(mechanism, StringComparer.Ordinal);

    /// <summary>The user may administrate the server.</summary>
    public bool IsAdministrator =>
        Session.Identity is { } identity && Server.Options.Administrators.Contains(identity.PrimaryAddress, StringComparer.OrdinalIgnoreCase);

    public SelectedMailbox Selected => Session.Selected ?? throw new InvalidOperationException("No mailbox is selected");

    /// <summary>The user's own account. A mailbox that a client names is found through <see cref="Directory"/>.</summary>
    public IAccount Account => Session.Account ?? throw new InvalidOperationException("Nobody is logged in");

    public MailboxDirectory Directory => Session.Directory ??= new MailboxDirectory(Account, Server.Accounts, Server.Sharing, Server.Namespaces);

    public async Task RunAsync()
    {
        Scram = await Server.Sasl.ScramOfferAsync(Client.Closed).ConfigureAwait(false);
        ImapReply.Ok("Sora ready", new CapabilityCode(Capabilities.For(this))).WriteUntagged(Writer);
        Client.SetInputTimeout(Server.Options.LoginTimeout);
        var status = ReadStatus.Command;
        while (!Session.IsEnding)
        {
            if (!await HasAccountAsync().ConfigureAwait(false))
                break;
            if (Client.Ending is { } ending)
            {
                Bye(ending.Text);
                break;
            }

            if (Session.Notify is not null && !await PushAsync(Session.Notify.DelaysExpunges).ConfigureAwait(false))
                break;
            if (status != ReadStatus.Woken)
                ExpectInput(); // News do not make a silent client any less silent
            status = await Reader.ReadAsync().ConfigureAwait(false);
            if (status == ReadStatus.Closed)
                return;
            if (status == ReadStatus.Woken)
            {
                if (Client.InputTimedOut)
                {
                    Client.NoteTimeout();
                    Bye(Session.State == ImapStates.NotAuthenticated ? "No login for too long" : "Autologout; idle for too long");
                }

                continue;
            }

            await HandleAsync(status).ConfigureAwait(false);
        }

        await Writer.FlushAsync().ConfigureAwait(false);
    }

    public void Dispose()
    {
        LeaveSession();
        Reader.Release();
        _limit.Dispose();
    }

    /// <summary>In the middle of a command: nothing more of it is waited for, and the client was told why.</summary>
    public bool MustStop()
    {
        if (!Client.MustStop)
            return false;
        Bye(Client.Ending?.Text ?? "You were silent for too long");
        return true;
    }

    private void LeaveSession()
    {
        Client.LogOut();
        Session.Notify?.Dispose();
        Deselect();
        Session.Watch?.Dispose();
        Session.MetadataNews?.Dispose();
    }

    /// <summary>The capability was taken away from everybody or from this client: it is not named and cannot be used.</summary>
    public bool IsDisabled(string capability) => _disabled.Count > 0 && _disabled.Contains(capability);

    /// <summary>Takes capabilities away from this client, for as long as it is connected.</summary>
    public void Disable(IEnumerable<string> capabilities) => _disabled = new HashSet<string>([.. _disabled, .. capabilities], StringComparer.OrdinalIgnoreCase);

    /// <summary>Back to the state before login; what the client has said of itself (ID) and its failures to log in are not forgotten (RFC 8437 section 3).</summary>
    public void Unauthenticate()
    {
        LeaveSession();
        Session = new ImapSession { AuthFailures = Session.AuthFailures };
        Writer.Utf8 = false;
        Client.SetInputTimeout(Server.Options.LoginTimeout);
    }

    /// <summary>Ends the session with an untagged BYE.</summary>
    public void Bye(string text, ResponseCode? code = null)
    {
        if (Session.IsEnding)
            return; // It has been said
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
            if (status == ReadStatus.Woken && !Client.InputTimedOut && Client.Ending is null)
                continue;
            if (status == ReadStatus.Woken)
                Bye(Client.Ending?.Text ?? "No answer for too long");
            Session.IsEnding |= status == ReadStatus.Closed;
            return (status, line);
        }
    }

    public void Deselect()
    {
        StopListening();
        var selected = Session.Selected;
        Session.Selected = null;
        Walk.Reset();
        selected?.Contexts.Clear(Client);
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

    /// <summary>The highest mod-sequence that FETCH responses have named since the last command began.</summary>
    public long HighestModSeqTold { get; private set; }

    /// <summary>A FETCH response names this mod-sequence.</summary>
    public void ModSeqTold(long modSeq) => HighestModSeqTold = Math.Max(HighestModSeqTold, modSeq);

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
        if (!await HasAccountAsync(cancellationToken).ConfigureAwait(false))
            return false;
        if (Session.Selected is not { } selected)
            return true;
        await RefreshRightsAsync(cancellationToken).ConfigureAwait(false);
        if (!selected.MayRead)
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

    // False when the session is over.
    private async ValueTask<bool> HasAccountAsync(CancellationToken cancellationToken = default)
    {
        if (Session.Watch is null || !await Session.Watch.IsOverAsync(cancellationToken).ConfigureAwait(false))
            return true;
        Bye("The login is no longer valid");
        return false;
    }

    // Rights to a mailbox of somebody else may change while it is selected. Who may not read it any more hears nothing more of it.
    private async ValueTask RefreshRightsAsync(CancellationToken cancellationToken)
    {
        if (Session.Selected is not { Target.IsOwn: false } selected)
            return;
        var rights = await Directory.RightsAsync(selected.Target, cancellationToken).ConfigureAwait(false);
        if (rights == selected.Rights)
            return;
        var (flagRights, isReadOnly) = (selected.FlagRights, selected.IsReadOnly);
        selected.Rights = rights;
        if (!selected.MayRead)
            return;
        if (selected.FlagRights != flagRights)
            selected.TellFlags(this);
        if (selected.IsReadOnly != isReadOnly)
            ImapReply.Ok("Rights have changed", selected.IsReadOnly ? ResponseCode.ReadOnly : ResponseCode.ReadWrite).WriteUntagged(Writer);
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

    /// <summary>Tells what NOTIFY asked for. False when the session is over.</summary>
    public async ValueTask<bool> PushAsync(bool delaysExpunges)
    {
        if (Session.Notify is not { } notify)
            return true;
        try
        {
            if (notify.TellsMessages && Session.Selected is not null)
            {
                StartListening();
                if (!await SynchronizeAsync(!delaysExpunges, new SyncScope { IsIdle = true }, cancellationToken: Client.Closed).ConfigureAwait(false))
                    return false;
            }

            await notify.PushAsync(Client.Closed).ConfigureAwait(false);
            if (Session.MetadataNews is { } news)
                await news.ReportAsync(Client.Closed).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (!IsInResponse && !IsGone(e))
        {
            Log.NotifyFailed(Server.Logger, Client.Id, e);
            return true; // The next change, or the next command, tells it
        }
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
        using var span = row?.Instruments?.Trace();
        if (command is not null)
        {
            Session.BadCommands = 0;
            reply = await RunAsync(row!, command).ConfigureAwait(false);
        }
        else if (status == ReadStatus.Append && !message.IsSynchronizing && !await Reader.SkipAppendAsync(message.Length).ConfigureAwait(false))
        {
            if (!Session.IsEnding)
            {
                reply.Write(Writer, Tag);
                Bye("Message is too large", ResponseCode.TooBig);
            }

            reply = ImapReply.Answered;
        }

        if (reply.Status != ReplyStatus.None)
            reply.Write(Writer, Tag);
        row?.Instruments?.Record(Server.Time.GetElapsedTime(started), reply.Status is ReplyStatus.Ok or ReplyStatus.None, span);
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
            var parser = new ImapParser(Reader.Command, Session.Utf8) { UidOnly = Session.UidOnly };
            SetTag(parser.Tag());
            parser.Space();
            var start = parser.Position;
            if (Ascii.EqualsIgnoreCase(parser.AtomSpan("a command"), "UID"u8))
            {
                parser.Space();
                parser.AtomSpan("a command");
            }

            row = Server.Commands.Find(Reader.Command[start..parser.Position]);
            if (row is null || (row.Capability is { } capability && IsDisabled(capability)))
                return (null, null, ImapReply.Bad("Unknown command"));
            if (!row.States.HasFlag(Session.State))
                return (row, null, ImapReply.Bad(NotNow()));
            if (Session.UidOnly && row.HasUidForm)
                return (row, null, ImapReply.Bad("Message numbers are not used after ENABLE UIDONLY", ResponseCode.UidRequired));
            var command = row.Parse(ref parser, new ParseContext(row.ByUid, message));
            parser.End();
            _usesNumbers = parser.UsesNumbers;
            return (row, command, default);
        }
        catch (ImapSyntaxException e)
        {
            return (row, null, ImapReply.Of(e));
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
        Client.Activity = row.Name;
        var cancellation = _limit.Start(row.Flags.HasFlag(CommandFlags.WaitsForClient));
        try
        {
            await RefreshRightsAsync(cancellation).ConfigureAwait(false);
            if (row.States == ImapStates.Selected && !row.Flags.HasFlag(CommandFlags.BreaksSequences) && !Selected.MayRead)
                return ImapReply.No(SelectedMailbox.NotAllowed);
            HighestModSeqTold = 0;
            var mayExpunge = !row.Flags.HasFlag(CommandFlags.UsesSequenceNumbers) && !_usesNumbers;
            if (row.Flags.HasFlag(CommandFlags.RequiresSync) && Session.Selected is { } selected)
                await selected.RefreshAsync(Server.Options.RefreshAfter, cancellation).ConfigureAwait(false);
            var reportsFirst = command.ReportsFirst && Session.State == ImapStates.Selected && !row.Flags.HasFlag(CommandFlags.BreaksSequences);
            if (reportsFirst && !await SynchronizeAsync(mayExpunge: false, cancellationToken: cancellation).ConfigureAwait(false))
                return ImapReply.Answered;
            var changedNames = Session.Notify is null ? [] : command.ChangedNames;
            if (changedNames.Count > 0)
                await Session.Notify!.PushAsync(cancellation).ConfigureAwait(false);
            var reply = await command.ExecuteAsync(this, cancellation).ConfigureAwait(false);
            if (changedNames.Count > 0 && Session.Notify is { } notify)
                await notify.PushAsync(cancellation, changedNames).ConfigureAwait(false);
            if (!row.Flags.HasFlag(CommandFlags.BreaksSequences) && reply.Status != ReplyStatus.None)
                await SynchronizeAsync(mayExpunge, cancellationToken: cancellation).ConfigureAwait(false);
            CorrectModSeq();
            if (Session.MetadataNews is { } news && reply.Status != ReplyStatus.None)
                await news.ReportAsync(cancellation).ConfigureAwait(false);
            return reply;
        }
        catch (ImapSyntaxException e)
        {
            return ImapReply.Of(e);
        }
        catch (BodyUnavailableException e) when (!IsInResponse)
        {
            return FailureOf(e);
        }
        catch (OperationCanceledException) when (!IsInResponse && _limit.HasPassed)
        {
            Log.CommandTooLong(Server.Logger, row.Name, Server.Options.CommandTimeout, Client.Id);
            return ImapReply.No("Command took too long", ResponseCode.Of(MailErrorCode.Limit));
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

            // A client that has stopped in the middle of its message can still be told so: that is between two responses
            if (!Session.IsEnding)
                Client.Abort();
            throw new ClientGoneException("A response could not be finished");
        }
        finally
        {
            _limit.End();
            Client.Activity = "";
        }
    }

    // Mod-sequences above that of an expunge that has to wait must not make the client believe that it knows all up to them (RFC 7162 section 3.2).
    private void CorrectModSeq()
    {
        if (Session.QResync && Session.Selected is { ExpungesWait: true } selected && HighestModSeqTold > selected.View.HighestModSeq.Value)
            ImapReply.Ok("Expunges are still to be told", new HighestModSeqCode(selected.View.HighestModSeq)).WriteUntagged(Writer);
    }

    /// <summary>The failure is that the client has gone, and needs no answer.</summary>
    public bool IsGone(Exception e) =>
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
