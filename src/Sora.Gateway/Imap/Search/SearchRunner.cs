using Sora.Contracts;
using Sora.Gateway.Connections;
using Sora.Gateway.Imap.Responses;

namespace Sora.Gateway.Imap.Search;

/// <summary>
/// Runs the work of searching commands: within the time that the options give, with signs of life for the client, and with what can go wrong
/// turned into an answer.
/// </summary>
internal static class SearchRunner
{
    private static readonly MailError TooMuchMemory = new(MailErrorCode.Limit, "This needs more memory than a session may take");

    /// <summary>Positions in the view of the messages that match, ascending.</summary>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    public static ValueTask<List<int>> FindAsync(
        ImapServer server, SelectedMailbox selected, MailboxIndex latest, SearchProgram program, CancellationToken cancellationToken) =>
        FindAsync(server, selected, latest, program, program.Key, cancellationToken);

    /// <summary>As above, but only of these messages.</summary>
    /// <exception cref="BodyUnavailableException">A message that had to be read cannot be.</exception>
    public static ValueTask<List<int>> FindAsync(
        ImapServer server, SelectedMailbox selected, MailboxIndex latest, SearchProgram program, UidSet among, CancellationToken cancellationToken) =>
        FindAsync(server, selected, latest, program, new AndKey([new UidsKey(among), program.Key]), cancellationToken);

    /// <summary>Waits for work that writes nothing, and says that it still goes on while it does. Its result, or the answer to its failure.</summary>
    public static async ValueTask<(T? Result, ImapReply Failure)> RunAsync<T>(
        ImapConnection connection, Func<CancellationToken, ValueTask<T>> work, CancellationToken cancellationToken)
        where T : class
    {
        var server = connection.Server;
        using var limit = new CancellationTokenSource(server.Options.SearchTimeout, server.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var running = work(both.Token);
            if (!running.IsCompleted)
            {
                var task = running.AsTask();
                try
                {
                    await ReportWhileAsync(connection, task).ConfigureAwait(false);
                }
                catch
                {
                    // The client is gone: nothing may still run when its mailbox is let go
                    await both.CancelAsync().ConfigureAwait(false);
                    await Task.WhenAny(task).ConfigureAwait(false);
                    throw;
                }

                return (await task.ConfigureAwait(false), default);
            }

            return (await running.ConfigureAwait(false), default);
        }
        catch (BodyUnavailableException e)
        {
            return (null, ImapConnection.FailureOf(e));
        }
        catch (SessionMemoryException)
        {
            connection.Client.NoteRefusal("session_memory");
            return (null, ImapReply.No(TooMuchMemory));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, ImapReply.No("Search took too long", ResponseCode.Of(MailErrorCode.Limit)));
        }
    }

    // How the work ends is for the caller to see
    private static async ValueTask ReportWhileAsync(ImapConnection connection, Task work)
    {
        var interval = connection.Server.Options.ProgressInterval;
        if (interval <= TimeSpan.Zero)
            return;
        var progress = new ProgressReport(connection, goal: 0);
        using var done = new CancellationTokenSource();
        while (!work.IsCompleted)
        {
            var pause = Task.Delay(interval, connection.Server.Time, done.Token);
            if (await Task.WhenAny(work, pause).ConfigureAwait(false) == pause)
                await progress.ReportAsync(done: 0).ConfigureAwait(false);
        }

        await done.CancelAsync().ConfigureAwait(false);
    }

    private static ValueTask<List<int>> FindAsync(
        ImapServer server, SelectedMailbox selected, MailboxIndex latest, SearchProgram program, SearchKey key, CancellationToken cancellationToken)
    {
        program.SetTime(server.Time.GetUtcNow());
        return new SearchEvaluator(server, selected, latest, key).RunAsync(cancellationToken);
    }
}
