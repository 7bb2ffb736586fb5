using System.Diagnostics;
using Sora.Gateway.Connections;
using Sora.Gateway.Connections.Proxying;

namespace Sora.Gateway.Lmtp;

/// <summary>One client's session: its state, and the loop that reads commands and runs them one after the other.</summary>
internal sealed class LmtpSession(LmtpServer server, ClientConnection connection)
{
    private int _errors;

    public LmtpServer Server => server;

    public ClientConnection Connection => connection;

    public SessionInput Input { get; } = new(connection);

    public LmtpStates State =>
        HeloName is null ? LmtpStates.Greeted
        : Transaction is null ? LmtpStates.Ready
        : Transaction.Chunks is null ? LmtpStates.Transaction : LmtpStates.Chunking;

    /// <summary>What the client called itself in LHLO; null before it.</summary>
    public string? HeloName { get; set; }

    /// <summary>What a trusted proxy said of the client; null when none has.</summary>
    public XClient? Forwarded { get; set; }

    /// <summary>What the client called itself, at the proxy if there is one.</summary>
    public string ClientName => Forwarded?.Helo ?? HeloName ?? "";

    /// <summary>The transaction that MAIL began, or null.</summary>
    public LmtpTransaction? Transaction { get; set; }

    /// <summary>The session is over once the replies are sent.</summary>
    public bool HasEnded { get; set; }

    public async Task RunAsync()
    {
        connection.Output.WriteGreeting(server.HostName);
        try
        {
            while (!HasEnded && await NextAsync())
            {
                if (!HasEnded && _errors >= server.Options.MaxErrors)
                    End(LmtpReply.TooManyErrors);
            }

            await connection.FlushAsync();
        }
        finally
        {
            await ResetAsync();
        }
    }

    /// <summary>Writes a reply; errors of the client's making are counted.</summary>
    public void Reply(LmtpReply reply)
    {
        connection.Output.WriteReply(reply);
        if (reply.IsProtocolError)
            _errors++;
    }

    /// <summary>Writes the last reply of the session.</summary>
    public void End(LmtpReply reply)
    {
        connection.Output.WriteReply(reply);
        HasEnded = true;
    }

    /// <summary>Ends the transaction, whatever became of it.</summary>
    public ValueTask ResetAsync()
    {
        var transaction = Transaction;
        Transaction = null;
        return transaction?.DisposeAsync() ?? ValueTask.CompletedTask;
    }

    /// <summary>Gets more of a message. False when there is none to come; the session is over then.</summary>
    public async ValueTask<bool> FillDataAsync()
    {
        while (true)
        {
            switch (await Input.FillAsync(server.Options.DataTimeout, isInside: true))
            {
                case InputOutcome.Data:
                    return true;
                case InputOutcome.Woken when connection.Ending is { IsUrgent: true } ending:
                    End(LmtpReply.Dismissed(ending));
                    return false;
                case InputOutcome.Woken:
                    // A transaction that has come this far is finished even while draining
                    continue;
                case InputOutcome.TimedOut:
                    connection.NoteTimeout();
                    End(LmtpReply.TimedOut);
                    return false;
                default:
                    HasEnded = true;
                    return false;
            }
        }
    }

    /// <summary>Reads and runs one command, or more input when there is no whole one. False when the client is gone.</summary>
    private async ValueTask<bool> NextAsync()
    {
        if (connection.Ending is { } ending && (Transaction is null || ending.IsUrgent))
        {
            End(LmtpReply.Dismissed(ending));
            return true;
        }

        switch (Input.TryReadLine(server.Options.MaxLine.ToInt32(), out var line))
        {
            case LineOutcome.Line:
                await ExecuteAsync(line);
                return true;
            case LineOutcome.TooLong:
                Reply(LmtpReply.LineTooLong);
                return true;
            case LineOutcome.Endless:
                End(LmtpReply.TooManyErrors);
                return true;
        }

        var outcome = await Input.FillAsync(server.Options.CommandTimeout);
        if (outcome == InputOutcome.TimedOut)
        {
            connection.NoteTimeout();
            End(LmtpReply.TimedOut);
        }

        return outcome != InputOutcome.EndOfInput;
    }

    private async ValueTask ExecuteAsync(ReadOnlyMemory<byte> line)
    {
        var started = Stopwatch.GetTimestamp();
        var row = server.Commands.Find(Verb(line.Span, out var arguments));
        var instruments = row?.Instruments ?? server.Commands.Unknown;
        using var span = instruments.Trace();
        var isOk = false;
        connection.Activity = row?.Name ?? "";
        try
        {
            if (row is null)
                Reply(LmtpReply.Unknown);
            else if (!row.Allowed.HasFlag(State))
                Reply(LmtpReply.BadSequence);
            else
                isOk = await row.Parse(line.Span[arguments..], server).ExecuteAsync(this);
        }
        catch (Exception e)
        {
            // The one catch site: how many replies are due is unknown here, so the session cannot go on
            Log.CommandFailed(server.Logger, connection.Id, e);
            End(new LmtpReply(421, "4.3.0", "Internal error, try again later"));
        }

        connection.Activity = "";
        instruments.Record(Stopwatch.GetElapsedTime(started), isOk, span);
    }

    private static ReadOnlySpan<byte> Verb(ReadOnlySpan<byte> line, out int arguments)
    {
        var space = line.IndexOf((byte)' ');
        arguments = space < 0 ? line.Length : space + 1;
        return space < 0 ? line : line[..space];
    }
}
