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

    /// <summary>Writes and sends a response when one is due.</summary>
    /// <param name="done">How many messages are done.</param>
    /// <exception cref="ClientGoneException">The client is gone: the work can stop.</exception>
    public ValueTask ReportAsync(long done)
    {
        if (_interval == TimeSpan.Zero || connection.Server.Time.GetElapsedTime(_last) < _interval)
            return default;
        _last = connection.Server.Time.GetTimestamp();
        Write(connection.Writer, connection.Tag, done);
        return connection.Writer.FlushAsync();
    }

    private void Write(ImapWriter writer, ReadOnlySpan<byte> tag, long done)
    {
        writer.Raw("* OK [INPROGRESS ("u8);
        if (tag.Contains((byte)']'))
            writer.Nil(); // it would end the response code for many clients
        else
            writer.String(tag);
        writer.Space();
        writer.Number(Math.Min(done, uint.MaxValue));
        writer.Space();
        if (goal > 0)
            writer.Number(Math.Min(goal, uint.MaxValue));
        else
            writer.Nil();
        writer.Raw(")] Still working\r\n"u8);
    }
}
