namespace Sora.Gateway.Imap.Responses;

/// <summary>INPROGRESS (RFC 9585): tells a client, while a command takes long, that it still runs.</summary>
internal static class ProgressReport
{
    /// <summary>Waits for work that writes nothing itself, and reports at each interval. How the work ends is for the caller to see.</summary>
    public static async ValueTask WhileAsync(ImapConnection connection, Task work)
    {
        var interval = connection.Server.Options.ProgressInterval;
        if (interval <= TimeSpan.Zero)
            return;
        using var done = new CancellationTokenSource();
        while (!work.IsCompleted)
        {
            var pause = Task.Delay(interval, connection.Server.Time, done.Token);
            if (await Task.WhenAny(work, pause).ConfigureAwait(false) == work)
                break;
            ImapReply.Ok("Still searching", new InProgressCode([.. connection.Tag])).WriteUntagged(connection.Writer);
            await connection.Writer.FlushAsync().ConfigureAwait(false);
        }

        await done.CancelAsync().ConfigureAwait(false);
    }
}
