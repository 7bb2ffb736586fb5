namespace Sora.Mailstore.Storage;

/// <summary>The database cannot be used, for a reason that an administrator can act on. The message is one readable line.</summary>
public class DatabaseException : Exception
{
    public DatabaseException(string message)
        : base(message)
    {
    }

    public DatabaseException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>No connection to the database could be made in time, or the server refused it for good.</summary>
public sealed class DatabaseNotReachableException(string message, Exception? innerException) : DatabaseException(message, innerException);

/// <summary>The schema of the database and this program do not fit together.</summary>
public sealed class MigrationException : DatabaseException
{
    public MigrationException(string message)
        : base(message)
    {
    }

    public MigrationException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
