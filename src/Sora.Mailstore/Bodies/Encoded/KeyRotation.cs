using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Hashing;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>
/// Encrypts bodies anew with the active key when an administrator has asked for it (<c>sora-admin keys rotate</c>). The request is in the database, so every node
/// takes part and a new start goes on. A body's row is locked while its object is replaced: no two nodes do the same, and nobody deletes it meanwhile. An object is
/// replaced whole or not at all and says itself which key it needs, so it is readable at each moment; the row follows, and when it does not, the
/// body is done once more.
/// </summary>
internal sealed class KeyRotation : IAsyncDisposable
{
    private const int SmallSize = 1024 * 1024;
    private const int PieceSize = 128 * 1024;
    private const int BatchRows = 100;

    private static readonly KeyedBody First = new(new AccountId(long.MinValue), default);

    private readonly Database _database;
    private readonly BodyKeyStore _store;
    private readonly EncodedObjects _objects;
    private readonly BodyCodec _codec;
    private readonly EncryptionOptions _options;
    private readonly string _temporary;
    private readonly BodyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private int _isDisposed;

    /// <param name="temporary">A folder for bodies that are too large for memory.</param>
    public KeyRotation(
        Database database, EncodedObjects objects, BodyCodec codec, EncryptionOptions options, string temporary, BodyMetrics metrics, TimeProvider time, ILogger<KeyRotation> logger)
    {
        _database = database;
        _store = new BodyKeyStore(database.Write);
        _objects = objects;
        _codec = codec;
        _options = options;
        _temporary = temporary;
        _metrics = metrics;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Writes a pack's bodies anew with the active key, into another pack, and gives false when it cannot at the moment. Null: packs are left as
    /// they are.
    /// </summary>
    public Func<long, CancellationToken, Task<bool>>? RewritePack { get; set; }

    /// <summary>Starts looking for a request.</summary>
    public void Start()
    {
        if (_options.RotationInterval > TimeSpan.Zero)
            _running = Task.Run(RunAsync, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0)
            return;
        await _stopping.CancelAsync();
        await _running;
        _stopping.Dispose();
    }

    /// <summary>Does all that can be done of what is asked for; false when nothing is, or not of this node.</summary>
    internal async Task<bool> RotateAsync(CancellationToken cancellationToken)
    {
        var (isAsked, keyId) = await _store.AskedAsync(cancellationToken);
        if (!isAsked)
            return false;
        if (keyId != _codec.KeyId)
        {
            Log.OtherKeyAsked(_logger, keyId ?? "none", _codec.KeyId ?? "none");
            return false;
        }

        var left = await RotateBodiesAsync(keyId, cancellationToken) + await RotatePacksAsync(keyId, cancellationToken);
        if (left > 0)
        {
            Log.RotationIncomplete(_logger, left);
            return true;
        }

        // Others may still have rows locked; the last of them finds none
        if ((await _store.FindAsync(keyId, First, 1, cancellationToken)).Count == 0
            && (await _store.FindPacksAsync(keyId, 0, 1, cancellationToken)).Count == 0
            && await _store.EndAsync(keyId, cancellationToken))
        {
            Log.RotationDone(_logger, keyId ?? "none");
        }

        return true;
    }

    // Bodies that could not be done now
    private async Task<long> RotateBodiesAsync(string? keyId, CancellationToken cancellationToken)
    {
        var left = 0L;
        var after = First;
        while (true)
        {
            var bodies = await _store.FindAsync(keyId, after, BatchRows, cancellationToken);
            if (bodies.Count == 0)
                return left;
            foreach (var body in bodies)
            {
                var start = _time.GetTimestamp();
                try
                {
                    var size = await RotateAsync(body, keyId, cancellationToken);
                    await PauseAsync(size, start, cancellationToken);
                }
                catch (Exception e) when (e is IOException or UnauthorizedAccessException or BodyDamagedException)
                {
                    left++;
                    _metrics.Rotated(ok: false);
                    Log.RotationFailed(_logger, KeyOf(body).ToString(), e);
                }
            }

            after = bodies[^1];
            if (!await IsStillAskedAsync(keyId, cancellationToken))
                return left;
        }
    }

    private async Task<long> RotatePacksAsync(string? keyId, CancellationToken cancellationToken)
    {
        var left = 0L;
        if (RewritePack is not { } rewrite)
            return left;
        var after = 0L;
        while (await _store.FindPacksAsync(keyId, after, BatchRows, cancellationToken) is { Count: > 0 } packs)
        {
            foreach (var (id, size) in packs)
            {
                var start = _time.GetTimestamp();
                left += await RewriteAsync(rewrite, id, cancellationToken) ? 0 : 1;
                await PauseAsync(size, start, cancellationToken);
            }

            after = packs[^1].Id;
            if (!await IsStillAskedAsync(keyId, cancellationToken))
                return left;
        }

        return left;
    }

    private async Task<bool> RewriteAsync(Func<long, CancellationToken, Task<bool>> rewrite, long pack, CancellationToken cancellationToken)
    {
        try
        {
            var isDone = await rewrite(pack, cancellationToken);
            _metrics.Rotated(isDone);
            return isDone;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BodyDamagedException)
        {
            _metrics.Rotated(ok: false);
            Log.RotationFailed(_logger, $"pack {pack}", e);
            return false;
        }
    }

    private async Task<bool> IsStillAskedAsync(string? keyId, CancellationToken cancellationToken)
    {
        var (isAsked, asked) = await _store.AskedAsync(cancellationToken);
        return isAsked && asked == keyId;
    }

    // Bytes of the body; 0 when there was nothing to do.
    private async Task<long> RotateAsync(KeyedBody body, string? keyId, CancellationToken cancellationToken)
    {
        await using var connection = await _database.Write.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (!await BodyKeyStore.LockAsync(connection, body, keyId, cancellationToken))
            return 0;
        var size = 0L;
        try
        {
            size = await ReplaceAsync(KeyOf(body), cancellationToken);
            CrashPoints.Reach(CrashPoints.RotatePut);
            await BodyKeyStore.SetAsync(connection, body, keyId, cancellationToken);
            _metrics.Rotated(ok: true);
        }
        catch (BodyDamagedException e)
        {
            Log.BodyDamaged(_logger, KeyOf(body).ToString(), "the object store", e.Message);
            _metrics.Rotated(ok: false);
            await BodyKeyStore.SetDamagedAsync(connection, body, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return size;
    }

    private static ObjectKey KeyOf(KeyedBody body) =>
        body.Account == default ? ObjectKey.Staged(body.Hash) : new ObjectKey(body.Account, body.Hash);

    private async Task<long> ReplaceAsync(ObjectKey key, CancellationToken cancellationToken)
    {
        await using var stream = await _objects.OpenAsync(key, 0, null, cancellationToken) ?? throw new BodyDamagedException("it is not there");
        var piece = new byte[PieceSize];
        var bytes = new MemoryStream();
        FileStream? file = null;
        var path = Path.Join(_temporary, RandomNumberGenerator.GetHexString(32, lowercase: true));
        try
        {
            var hasher = new Blake3Hasher();
            while (await stream.ReadAsync(piece, cancellationToken) is > 0 and var count)
            {
                hasher.Update(piece.AsSpan(0, count));
                if (file is null && bytes.Length + count > SmallSize)
                {
                    file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
                    bytes.Position = 0;
                    await bytes.CopyToAsync(file, cancellationToken);
                }

                await ((Stream?)file ?? bytes).WriteAsync(piece.AsMemory(0, count), cancellationToken);
            }

            // What is in the place of the old object was this body's before it is replaced
            var hash = new byte[Blake3Hasher.HashLength];
            hasher.Finalize(hash);
            BodyHash.Compare(hash, key.Hash);
            CrashPoints.Reach(CrashPoints.RotateRead);
            var size = file?.Length ?? bytes.Length;
            var put = file is null
                ? new ObjectPut(key, size) { Bytes = bytes.GetBuffer().AsMemory(0, (int)size) }
                : new ObjectPut(key, size) { File = path };
            return (await _objects.ReplaceAsync([put], cancellationToken))[0] is { } error ? throw error : size;
        }
        finally
        {
            if (file is not null)
                await file.DisposeAsync();
            File.Delete(path);
        }
    }

    private async Task PauseAsync(long size, long start, CancellationToken cancellationToken)
    {
        var due = TimeSpan.FromSeconds((double)size / _options.RotationRate.Bytes) - _time.GetElapsedTime(start);
        if (due > TimeSpan.Zero)
            await Task.Delay(due, _time, cancellationToken);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(_options.RotationInterval, _time);
        try
        {
            do
            {
                try
                {
                    await RotateAsync(_stopping.Token);
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
                {
                    Log.RotationStopped(_logger, e);
                }
            }
            while (await timer.WaitForNextTickAsync(_stopping.Token));
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // stopping
        }
    }
}
