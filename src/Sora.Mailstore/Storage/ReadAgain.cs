using System.Net.Sockets;
using Npgsql;

namespace Sora.Mailstore.Storage;

/// <summary>
/// A pooled connection can be dead without anybody having noticed: the server was restarted or replaced. Reading changes nothing, so what
/// such a connection could not read is asked once more, on another one.
/// </summary>
internal static class ReadAgain
{
    public static async Task<T> OnceAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (NpgsqlException e) when (IsDeadConnection(e))
        {
            return await read();
        }
    }

    // A server that is going down or coming up says so itself; a connection that broke has a socket's error inside.
    private static bool IsDeadConnection(NpgsqlException e) =>
        e is PostgresException { SqlState: PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown }
        || (e is not PostgresException && e.InnerException is IOException or SocketException or EndOfStreamException);
}
