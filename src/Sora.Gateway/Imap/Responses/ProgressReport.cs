using Sora.Gateway.Imap.Wire;

namespace Sora.Gateway.Imap.Responses;

/// <summary>
/// Tells the client of a long command that it is still running (INPROGRESS, RFC 9585). Made when the command starts its work and asked after
/// each batch; it writes at most one response an interval, so asking often is cheap. Never ask while a response is half written.
/// </summary>
/// <param name="goal">How many messages the work has, or 0 when that is not known.</param>
internal sealed class ProgressReport(ImapConnection connection, long goal)
{
    private readonly TimeSpan _interval = connection.Server.Options.ProgressInterval;
    private long _last = connection.Server.Time.GetTimestamp();

    /// <summary>Waits for work that writes nothing itself, and reports at each interval. How the work ends is for the caller to see.</summary>
    public static async ValueTask WhileAsync(ImapConnection connection, Task work)
    {
        var interval = connection.Server.Options.ProgressInterval;
        if (interval == TimeSpan.Zero || work.IsCompleted)
            return;
        using var done = new CancellationTokenSource();
        while (true)
        {
            var pause = Task.Delay(interval, connection.Server.Time, done.Token);
            if (await Task.WhenAny(work, pause).ConfigureAwait(false) == work)
                break;
            Write(connection, done: null, goal: 0);
            await connection.Writer.FlushAsync().ConfigureAwait(false);
        }

        await done.CancelAsync().ConfigureAwait(false);
    }

    /// <summary>Writes and sends a response when one is due.</summary>
    /// <param name="done">How many messages are done.</param>
    /// <exception cref="ClientGoneException">The client is gone: the work can stop.</exception>
    public ValueTask ReportAsync(long done)
    {
        if (_interval == TimeSpan.Zero || connection.Server.Time.GetElapsedTime(_last) < _interval)
            return default;
        _last = connection.Server.Time.GetTimestamp();
        Write(connection, done, goal);
        return connection.Writer.FlushAsync();
    }

    private static void Write(ImapConnection connection, long? done, long goal)
    {
        var writer = connection.Writer;
        writer.Raw("* OK [INPROGRESS ("u8);
        if (connection.Tag.Contains((byte)']'))
            writer.Nil(); // it would end the response code for many clients
        else
            writer.String(connection.Tag);
        Number(writer, done);
        Number(writer, goal > 0 ? goal : null);
        writer.Raw(")] Still working\r\n"u8);
    }

    private static void Number(ImapWriter writer, long? value)
    {
        writer.Space();
        if (value is { } known)
            writer.Number(Math.Min(known, uint.MaxValue));
        else
            writer.Nil();
    }
}
