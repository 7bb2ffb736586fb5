using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sessions;

/// <summary>
/// Makes this process known as a node for as long as it lives: a row, and an advisory lock on the change feed's connection, which PostgreSQL drops when the process dies. Nothing is
/// written while it just runs.
/// </summary>
public sealed class NodePresence(Database database, string name)
{
    private volatile int _number = NewNumber();

    /// <summary>The node's number, for as long as the connection does not break.</summary>
    internal int Number => _number;

    /// <summary>A change feed that holds the lock.</summary>
    /// <param name="logger">Where it logs.</param>
    /// <param name="keepAlive">How often its connection is asked whether it is still there; null for now and then.</param>
    /// <param name="mailboxInterval">The shortest time between two announcements of changed mailboxes; null for that of all others.</param>
    public ChangeFeed CreateFeed(ILogger<ChangeFeed> logger, TimeSpan? keepAlive = null, TimeSpan? mailboxInterval = null) => new(database, logger)
    {
        MailboxInterval = mailboxInterval,
        KeepAlive = keepAlive ?? TimeSpan.FromSeconds(30),
        Listening = async (connection, cancellationToken) =>
        {
            // The connection before may have broken without PostgreSQL knowing of it yet: its lock, and so its number, will go with it
            while (!await SessionStore.TryEnterAsync(connection, _number, name, cancellationToken))
                _number = NewNumber();
        },
    };

    private static int NewNumber() => RandomNumberGenerator.GetInt32(1, int.MaxValue);
}
