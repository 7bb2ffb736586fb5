namespace Sora.Mailstore.Accounts.Logins;

/// <summary>What is counted for one network, user or pair: as the database has it, and what it has not been told yet. Times are those of the process's clock.</summary>
internal sealed class LoginLimitEntry(LoginKind kind, Guid key)
{
    public LoginKind Kind => kind;

    public Guid Key => key;

    /// <summary>Counted, what is pending included.</summary>
    public int Failures { get; set; }

    public long WindowStart { get; set; }

    /// <summary>How many blocks there were.</summary>
    public int Blocks { get; set; }

    /// <summary>0: not blocked.</summary>
    public long BlockedUntil { get; set; }

    public long ChangedAt { get; set; }

    /// <summary>Of what the database has told.</summary>
    public long Version { get; set; }

    /// <summary>The database is still to be told of so many, which may be fewer than none.</summary>
    public int Pending { get; set; }

    /// <summary>The database is still to be told to forget all before those pending.</summary>
    public bool IsForgotten { get; set; }

    /// <summary>It waits for the next batch.</summary>
    public bool IsQueued { get; set; }

    /// <summary>What lists show; null for a user, or for a network.</summary>
    public string? Network { get; set; }

    public Guid? UserKey { get; set; }

    public string? UserName { get; set; }
}

/// <summary>What the database is told of an entry.</summary>
/// <param name="Failures">To be added, after the rest is forgotten if it is.</param>
internal readonly record struct LoginLimitChange(LoginLimitEntry Entry, int Failures, bool IsForgotten);

/// <summary>A row of the database, its times as distances from now.</summary>
internal readonly record struct LoginLimitRow(
    LoginKind Kind, Guid Key, int Failures, TimeSpan WindowAge, int Blocks, TimeSpan BlockedFor, long Version);
