using System.Numerics;
using Sora.Configuration;
using Sora.Mailstore.Bodies.Encoded;

namespace Sora.Mailstore.Bodies;

/// <summary>Where a body is durable before its message is acknowledged.</summary>
public enum StagingMode
{
    /// <summary>Small bodies in the commit's own transaction, larger ones in a file of this node.</summary>
    Auto,

    /// <summary>All bodies in the commit's own transaction: they survive the loss of the node.</summary>
    Database,

    /// <summary>All bodies in a file of this node.</summary>
    Disk,

    /// <summary>All bodies in the object store before the message is acknowledged, in the database when it does not answer.</summary>
    Object,
}

/// <summary>Where bodies are kept in the end.</summary>
public enum ObjectStoreKind
{
    /// <summary>Files in the bodies folder.</summary>
    Filesystem,

    /// <summary>The bucket of [s3].</summary>
    S3,
}

[Section("Where message bodies are kept, from their arrival on")]
public sealed class StorageOptions : IValidatableOptions
{
    [Option("Where bodies are durable before a message is acknowledged: auto (up to database_staging_limit in the database, larger ones in the object store if that is remote and answers, in a file otherwise), database, disk (a file of this node), object (the object store, which must be remote)")]
    public StagingMode Staging { get; set; } = StagingMode.Auto;

    [Option("Largest body that staging = \"auto\" puts into the database")]
    [OptionRange("0", "16MiB")]
    public ByteSize DatabaseStagingLimit { get; set; } = ByteSize.KiB(64);

    [Option("Memory for bodies beyond memory_buffer on their way into the database, all messages together; a message beyond it is too big for staging = \"database\"")]
    [OptionRange("1MiB", "512MiB")]
    public ByteSize DatabaseStagingMemory { get; set; } = ByteSize.MiB(256);

    [Option("How long an arriving message waits for the object store to take its body before it goes to the database instead")]
    [OptionRange("1s", "10m")]
    public TimeSpan StagingObjectTimeout { get; set; } = TimeSpan.FromSeconds(20);

    [Option("Bodies waiting for the object store, all nodes together; when it is reached, mail is refused for the time being")]
    [OptionRange("1MiB", "1024TiB")]
    public ByteSize MaxStagingSize { get; set; } = ByteSize.GiB(20);

    [Option("Memory for one arriving message; a larger one is written to the staging folder as it comes")]
    [OptionRange("64KiB", "64MiB")]
    public ByteSize MemoryBuffer { get; set; } = ByteSize.MiB(1);

    [Option("Longest header block kept beside the message's other data, so that it is read without the body")]
    [OptionRange("1KiB", "1MiB")]
    public ByteSize HeaderLimit { get; set; } = ByteSize.KiB(64);

    [Option("Where bodies are kept in the end: filesystem, s3 (the bucket of [s3])")]
    public ObjectStoreKind ObjectStore { get; set; } = ObjectStoreKind.Filesystem;

    [Option("Compress bodies on their way to the object store: none, gzip, brotli; one that does not get smaller by it is not", Reference = "RFC 1952, RFC 7932")]
    public BodyCompression Compression { get; set; } = BodyCompression.None;

    [Option("How hard compression tries: 1 is fast; beyond 9 is for brotli only, and slow")]
    [OptionRange(1, 11)]
    public int CompressionLevel { get; set; } = 1;

    [Option("Bytes of a body that are compressed or encrypted together, a power of two: a part of a body is read in such chunks")]
    [OptionRange("4KiB", "16MiB")]
    public ByteSize EncodingChunk { get; set; } = ByteSize.KiB(64);

    /// <summary>[storage.encryption]</summary>
    public EncryptionOptions Encryption { get; set; } = new();

    [Option("Folder of object_store = \"filesystem\"; without it, bodies/ in the data folder", Example = "/var/lib/sora/bodies")]
    public string? BodiesFolder { get; set; }

    [Option("Folder of staged files; without it, staging/ in the data folder", Example = "/var/lib/sora/staging")]
    public string? StagingFolder { get; set; }

    [Option("Folder of the local cache in front of a remote or encoded object store, where bodies are plain files; without it, cache/ in the data folder", Example = "/var/cache/sora")]
    public string? CacheFolder { get; set; }

    [Option("Size of the local cache; 0 keeps no body as a file that has a name")]
    [OptionRange("1MiB", "1024TiB", OrZero = true)]
    public ByteSize CacheSize { get; set; } = ByteSize.GiB(10);

    [Option("Largest body that the local cache keeps")]
    [OptionRange("1KiB", "16GiB")]
    public ByteSize CacheMaxObject { get; set; } = ByteSize.MiB(64);

    [Option("Keep a body in the local cache when it is put into the object store, since new mail is read soon")]
    public bool CacheWarmUp { get; set; } = true;

    [Option("Bodies too large for the local cache that stay open after their last use, for clients that take them in parts; 0 for none")]
    [OptionRange(0, 1000)]
    public int CacheOpenDownloads { get; set; } = 8;

    [Option("Disk space of those, when nobody reads them")]
    [OptionRange("1MiB", "1TiB")]
    public ByteSize CacheOpenSize { get; set; } = ByteSize.GiB(1);

    [Option("How long they stay open")]
    [OptionRange("1s", "1h")]
    public TimeSpan CacheOpenHold { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Bodies that are fetched into the local cache ahead of a client that reads one message after the other; 0 for none")]
    [OptionRange(0, 1000)]
    public int PrefetchMessages { get; set; } = 8;

    [Option("Most bytes that wait to be fetched ahead, all sessions of a node together")]
    [OptionRange("1MiB", "1TiB")]
    public ByteSize PrefetchSize { get; set; } = ByteSize.MiB(256);

    [Option("Bodies that a node fetches ahead at the same time")]
    [OptionRange(1, 256)]
    public int PrefetchParallelism { get; set; } = 4;

    [Option("Memory for envelopes, structures and headers that were read lately")]
    [OptionRange("64KiB", "64GiB", OrZero = true)]
    public ByteSize ContentCacheSize { get; set; } = ByteSize.MiB(64);

    [Option("Most staged bodies that are moved to the object store together")]
    [OptionRange(1, 10_000)]
    public int UploadBatch { get; set; } = 500;

    [Option("Most bytes that are moved to the object store together; a larger body goes alone")]
    [OptionRange("64KiB", "1GiB")]
    public ByteSize UploadBatchSize { get; set; } = ByteSize.MiB(16);

    [Option("How often staged bodies are looked for; a longer interval makes larger batches")]
    [OptionRange("10ms", "10m")]
    public TimeSpan UploadInterval { get; set; } = TimeSpan.FromSeconds(1);

    [Option("While mail comes in, uploads take at most a tenth of the time until a body has waited for so long. As many leave as come when it has waited for so long or half of max_staging_size waits, half as many when half as long or much, and so on; 0 for no regard")]
    [OptionRange("0s", "1h")]
    public TimeSpan UploadYield { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Batches that are moved to the object store at the same time")]
    [OptionRange(1, 64)]
    public int UploadParallelism { get; set; } = 1;

    [Option("First pause before a failed upload is tried again; it doubles with each failure")]
    [OptionRange("100ms", "1h")]
    public TimeSpan UploadRetry { get; set; } = TimeSpan.FromSeconds(2);

    [Option("Longest pause before a failed upload is tried again")]
    [OptionRange("1s", "1d")]
    public TimeSpan UploadRetryMax { get; set; } = TimeSpan.FromMinutes(10);

    [Option("How long a node has bodies that it moves to itself; it asks for more time while it works, and when it dies another node takes them after this time")]
    [OptionRange("1s", "1h")]
    public TimeSpan UploadLease { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Attempts to move a body whose staged copy is damaged or gone; then it is set aside for sora-admin uploader. Failures of the object store do not count")]
    [OptionRange(1, 1000)]
    public int UploadAttempts { get; set; } = 5;

    [Option("Put small bodies of one account together into larger objects: far fewer requests, and mail waits in the database for up to pack_wait until there is enough for one")]
    public bool Packing { get; set; }

    [Option("Largest body that is packed")]
    [OptionRange("1KiB", "4MiB")]
    public ByteSize PackMaxBody { get; set; } = ByteSize.KiB(128);

    [Option("Bytes that are enough for a pack, and most of one")]
    [OptionRange("64KiB", "64MiB")]
    public ByteSize PackSize { get; set; } = ByteSize.MiB(4);

    [Option("Most bodies of one pack")]
    [OptionRange(2, 100_000)]
    public int PackMaxBodies { get; set; } = 2000;

    [Option("How long a body waits for others; then there is a pack of what there is")]
    [OptionRange("0s", "1d")]
    public TimeSpan PackWait { get; set; } = TimeSpan.FromMinutes(10);

    [Option("How long a staged file is kept after its session is done with it, for commits still under way; longer than mailboxes.write_timeout")]
    [OptionRange("1s", "1d")]
    public TimeSpan StagedFileHold { get; set; } = TimeSpan.FromMinutes(1);

    [Option("Age at which a staged file that no message needs is deleted")]
    [OptionRange("1m", "30d")]
    public TimeSpan StagedFileGrace { get; set; } = TimeSpan.FromHours(1);

    public IEnumerable<string> Validate()
    {
        if (!BitOperations.IsPow2(EncodingChunk.Bytes))
            yield return "encoding_chunk must be a power of two";
        if (Compression == BodyCompression.Gzip && CompressionLevel > 9)
            yield return "compression_level must not be larger than 9 with gzip";
        if (UploadRetry > UploadRetryMax)
            yield return "upload_retry must not be larger than upload_retry_max";
        if (StagedFileHold > StagedFileGrace)
            yield return "staged_file_hold must not be larger than staged_file_grace";
        if (Staging == StagingMode.Object && ObjectStore == ObjectStoreKind.Filesystem)
            yield return "staging = \"object\" needs a remote object_store";
        if (PackMaxBody.Bytes > PackSize.Bytes)
            yield return "pack_max_body must not be larger than pack_size";
        if (CacheSize.Bytes > 0 && CacheMaxObject > CacheSize)
            yield return "cache_max_object must not be larger than cache_size";
    }
}
