using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Intake;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Packs;
using Sora.Mailstore.Bodies.Reading;
using Sora.Mailstore.Bodies.Uploads;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies;

/// <summary>The body storage of one process: taking messages in, moving their bodies to the object store, reading them.</summary>
public sealed class BodyHost : IAsyncDisposable
{
    private readonly BodyCache _cache;
    private readonly Uploader _uploader;
    private readonly StagingSpace _space;

    /// <param name="database">Where staged bodies and contents are. Its schema must be there when the uploader is started.</param>
    /// <param name="options">[storage]</param>
    /// <param name="dataFolder">Where the folders are that the options do not name.</param>
    /// <param name="metrics">The engine's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="objects">The object store; null for the one that the options name.</param>
    /// <exception cref="IOException">A folder cannot be made or written.</exception>
    public BodyHost(
        Database database,
        StorageOptions options,
        string dataFolder,
        MailstoreMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers,
        IObjectStore? objects = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        objects ??= ObjectStores.Open(options, dataFolder);
        var isRemote = objects.PathOf(default) is null;
        var bodies = new BodyStore(database.Write);
        Codec = new BodyCodec(options);
        RawObjects = objects;
        Objects = new PackedObjects(new EncodedObjects(objects, Codec), bodies, Codec);
        var instruments = new BodyMetrics(metrics);
        var folder = new StagingFolder(options.StagingFolder ?? Path.Combine(dataFolder, "staging"));
        var space = _space = new StagingSpace(options.MaxStagingSize.Bytes, time);
        BodyMetrics.ObserveBacklog(metrics, space);
        var staged = new StagedBodyStore(database.Write);
        var cacheFolder = options.CacheFolder ?? Path.Combine(dataFolder, "cache");
        _cache = new BodyCache(cacheFolder, Objects, options, instruments, time, loggers.CreateLogger<BodyCache>());
        var stagedObjects = isRemote ? new StagedObjects(database, Objects, options, time, loggers.CreateLogger<StagedObjects>()) { KeyId = Codec.KeyId } : null;
        Intakes = new MessageIntakes(options, folder, space, stagedObjects, instruments, time, loggers.CreateLogger<MessageIntakes>());
        Messages = new MessageStore(
            new ContentStore(database), new EmailIdStore(database.Write), staged, folder, Objects, bodies, _cache, options, instruments, loggers.CreateLogger<MessageStore>());
        var packStore = new PackStore(database.Write);
        var packs = new PackWriter(Objects, Codec, packStore);
        Compactor = new PackCompactor(database, Objects, Codec, packs, packStore, options, loggers.CreateLogger<PackCompactor>());
        var batches = new UploadBatches(database, staged, folder, Objects, packs, options, time, loggers.CreateLogger<UploadBatches>())
        {
            KeyId = Codec.KeyId,
        };
        _uploader = new Uploader(staged, folder, objects, batches, Compactor, space, options, instruments, time, loggers.CreateLogger<Uploader>());
    }

    /// <summary>Takes arriving messages.</summary>
    public IIntakes Intakes { get; }

    /// <summary>Reads contents and bodies.</summary>
    public IMessageStore Messages { get; }

    /// <summary>Where bodies are in the end.</summary>
    public IObjectStore Objects { get; }

    /// <summary>Bytes that wait for the object store, as far as this process knows.</summary>
    public long StagingUsed => _space.Used;

    /// <summary>Bytes that may wait; beyond them messages are refused for the time being.</summary>
    public long StagingLimit => _space.Limit;

    internal Uploader Uploader => _uploader;

    internal BodyCache Cache => _cache;

    internal PackCompactor Compactor { get; }

    /// <summary>The store of what is encoded and packed.</summary>
    internal IObjectStore RawObjects { get; }

    /// <summary>Encodes and decodes what <see cref="Objects"/> keeps.</summary>
    internal BodyCodec Codec { get; }

    /// <summary>Looks once at what is staged, so that a full staging is known from the first message on, and starts moving bodies.</summary>
    public Task StartAsync(CancellationToken cancellationToken = default) => _uploader.StartAsync(cancellationToken);

    /// <summary>Stops; a batch under way is given up, and done again by whoever comes next.</summary>
    public async ValueTask DisposeAsync()
    {
        await _uploader.DisposeAsync();
        await _cache.DisposeAsync();
    }
}
