using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Intake;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Bodies.Packs;
using Sora.Mailstore.Bodies.Reading;
using Sora.Mailstore.Bodies.Uploads;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies;

/// <summary>The body storage of one process: taking messages in, moving their bodies to the object store, reading them.</summary>
public sealed class BodyHost : IAsyncDisposable
{
    private readonly ObjectOwner _owner;
    private readonly BodyCache _cache;
    private readonly BodyPrefetch _prefetch;
    private readonly Uploader _uploader;
    private readonly StagingSpace _space;

    /// <param name="database">Where staged bodies and contents are. Its schema must be there when the uploader is started.</param>
    /// <param name="options">[storage]</param>
    /// <param name="dataFolder">Where the folders are that the options do not name.</param>
    /// <param name="metrics">The engine's meter.</param>
    /// <param name="time">The clock.</param>
    /// <param name="loggers">Where it logs.</param>
    /// <param name="objects">The object store; null for the one that the options name.</param>
    /// <param name="s3">[s3], for a store that is there.</param>
    /// <param name="ownFilesOnly">This node moves to the object store what only it can, and leaves the rest to others.</param>
    /// <exception cref="IOException">A folder cannot be made or written.</exception>
    /// <exception cref="S3SetupException">S3 cannot be used as it is configured.</exception>
    public BodyHost(
        Database database,
        StorageOptions options,
        string dataFolder,
        MailstoreMetrics metrics,
        TimeProvider time,
        ILoggerFactory loggers,
        IObjectStore? objects = null,
        S3Options? s3 = null,
        bool ownFilesOnly = false)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (objects is null)
            S3 = (objects = ObjectStores.Open(options, s3 ?? new S3Options(), dataFolder, metrics, time, loggers)) as S3ObjectStore;
        var isRemote = objects.PathOf(default) is null;
        var bodies = new BodyStore(database.Write);
        Codec = new BodyCodec(options);
        RawObjects = objects;
        _owner = new ObjectOwner(objects, new ObjectOwnerStore(database.Write), loggers.CreateLogger<ObjectOwner>());
        var owned = new OwnedObjects(objects, _owner);
        var encoded = new EncodedObjects(owned, Codec);
        Objects = new PackedObjects(encoded, bodies, Codec);
        var instruments = new BodyMetrics(metrics);
        var folder = new StagingFolder(options.StagingFolder ?? Path.Combine(dataFolder, "staging"));
        var space = _space = new StagingSpace(options.MaxStagingSize.Bytes, time);
        BodyMetrics.ObserveBacklog(metrics, space);
        var staged = new StagedBodyStore(database.Write, ownFilesOnly);
        var cacheFolder = options.CacheFolder ?? Path.Combine(dataFolder, "cache");
        _cache = new BodyCache(cacheFolder, Objects, options, instruments, time, loggers.CreateLogger<BodyCache>());
        BodyMetrics.ObserveCache(metrics, _cache);
        _prefetch = new BodyPrefetch(_cache, options, instruments);
        var stagedObjects = isRemote ? new StagedObjects(database, Objects, options, time, loggers.CreateLogger<StagedObjects>()) { KeyId = Codec.KeyId } : null;
        Intakes = new MessageIntakes(options, folder, space, stagedObjects, instruments, time, loggers.CreateLogger<MessageIntakes>());
        Messages = new MessageStore(
            new ContentStore(database), new EmailIdStore(database.Write), staged, folder, Objects, bodies, _cache, _prefetch, options, instruments, loggers.CreateLogger<MessageStore>());
        var packStore = new PackStore(database.Write);
        var packs = new PackWriter(Objects, Codec, packStore);
        if (options.CacheWarmUp && Objects.PathOf(default) is null)
            encoded.Stored = packs.Stored = _cache.Warm;
        Compactor = new PackCompactor(database, Objects, Codec, packs, packStore, options, loggers.CreateLogger<PackCompactor>());
        Rotation = new KeyRotation(database, encoded, Codec, options.Encryption, _cache.TemporaryFolder, instruments, time, loggers.CreateLogger<KeyRotation>())
        {
            RewritePack = Compactor.RewriteAsync,
        };
        var batches = new UploadBatches(database, staged, folder, Objects, packs, options, time, loggers.CreateLogger<UploadBatches>())
        {
            KeyId = Codec.KeyId,
        };
        _uploader = new Uploader(staged, folder, owned, batches, Compactor, space, options, instruments, metrics, time, loggers.CreateLogger<Uploader>());
    }

    /// <summary>Takes arriving messages.</summary>
    public IIntakes Intakes { get; }

    /// <summary>Reads contents and bodies.</summary>
    public IMessageStore Messages { get; }

    /// <summary>Where bodies are in the end.</summary>
    public IObjectStore Objects { get; }

    /// <summary>The bucket, when bodies are kept in one.</summary>
    public S3ObjectStore? S3 { get; }

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

    /// <summary>Encrypts bodies anew.</summary>
    internal KeyRotation Rotation { get; }

    /// <summary>
    /// Looks once at the bucket, whose it is, and at what is staged, so that a full staging is known from the first message on, and starts moving bodies.
    /// </summary>
    /// <exception cref="S3SetupException">There is no such bucket, or we may not use it.</exception>
    /// <exception cref="ObjectOwnerException">The object store keeps the bodies of another database.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (S3 is null || await S3.CheckAsync(cancellationToken))
            await _owner.EnsureAsync(cancellationToken);
        await _uploader.StartAsync(cancellationToken);
        Rotation.Start();
    }

    /// <summary>Stops; a batch under way is given up, and done again by whoever comes next.</summary>
    public async ValueTask DisposeAsync()
    {
        await Rotation.DisposeAsync();
        await _uploader.DisposeAsync();
        await _prefetch.DisposeAsync();
        await _cache.DisposeAsync();
        S3?.Dispose();
    }
}
