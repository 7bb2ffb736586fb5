using Microsoft.Extensions.Logging;
using Sora.Contracts;

namespace Sora.Mailstore.Bodies.Intake;

/// <summary>Where a body becomes durable.</summary>
internal enum StagingPlace
{
    Database,
    File,
    Object,
}

/// <summary>Takes arriving messages and stages their bodies where <see cref="StorageOptions.Staging"/> says.</summary>
internal sealed class MessageIntakes : IIntakes
{
    private readonly Lock _lock = new();
    private long _databaseMemory;
    private long _lastWarning;

    public MessageIntakes(
        StorageOptions options, StagingFolder folder, StagingSpace space, StagedObjects? objects, BodyMetrics metrics, TimeProvider time, ILogger<MessageIntakes> logger)
    {
        Objects = objects;
        Options = options;
        Folder = folder;
        Space = space;
        Metrics = metrics;
        Time = time;
        Logger = logger;
        Parsers = new MessageParsers(options);
        _databaseMemory = options.DatabaseStagingMemory.Bytes;
    }

    public StorageOptions Options { get; }

    public StagingFolder Folder { get; }

    public StagingSpace Space { get; }

    /// <summary>The object store as a place for staging; null when it is this machine.</summary>
    public StagedObjects? Objects { get; }

    public BodyMetrics Metrics { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public MessageParsers Parsers { get; }

    public IMessageIntake Begin(long maxSize, long sizeHint = 0, bool keepNuls = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxSize);
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        return new MessageIntake(this, maxSize, sizeHint, Space.HasRoomFor(sizeHint) ? null : Full(), mayConvert: !keepNuls);
    }

    public StagingPlace PlaceOf(long size) => Options.Staging switch
    {
        StagingMode.Database => StagingPlace.Database,
        StagingMode.Disk => StagingPlace.File,
        StagingMode.Object when Objects is not null => StagingPlace.Object,
        _ when size <= Options.DatabaseStagingLimit.Bytes => StagingPlace.Database,
        _ => Objects is null ? StagingPlace.File : StagingPlace.Object,
    };

    /// <summary>Takes memory for a body that goes to the database; small ones need not ask.</summary>
    public bool TryTakeDatabaseMemory(long size)
    {
        lock (_lock)
        {
            if (_databaseMemory < size)
                return false;
            _databaseMemory -= size;
            return true;
        }
    }

    public void ReturnDatabaseMemory(long size)
    {
        lock (_lock)
            _databaseMemory += size;
    }

    /// <summary>Staging is full: says so in the log, but not for each message.</summary>
    public MailError Full()
    {
        Metrics.Refused("full");
        var now = Time.GetTimestamp();
        var last = Interlocked.Read(ref _lastWarning);
        if ((last == 0 || Time.GetElapsedTime(last, now) > TimeSpan.FromMinutes(1)) && Interlocked.CompareExchange(ref _lastWarning, now, last) == last)
            Log.StagingFull(Logger, Space.Used, Space.Limit);
        return MailError.Unavailable("No room for new messages at the moment");
    }
}
