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
    /// <summary>The node's number while it lives.</summary>
    internal int Number { get; } = RandomNumberGenerator.GetInt32(1, int.MaxValue);

    /// <summary>A change feed that holds the lock.</summary>
    public ChangeFeed CreateFeed(ILogger<ChangeFeed> logger) => new(database, logger)
    {
        Listening = (connection, cancellationToken) => SessionStore.EnterAsync(connection, Number, name, cancellationToken),
    };
}
