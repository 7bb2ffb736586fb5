using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Sora.Contracts;
using Sora.Mailstore.Bodies.Encoded;
using Sora.Mailstore.Bodies.Objects;
using Sora.Mailstore.Bodies.Objects.S3;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>
/// Compares database, staging and object store (docs/decisions/0046). It may run while servers do: what is suspicious is looked at again before it is
/// reported. Memory does not grow with the number of bodies or their size.
/// </summary>
public sealed class Verification
{
    private readonly Database _database;
    private readonly StorageOptions _options;
    private readonly string _dataFolder;
    private readonly TimeProvider _time;
    private readonly IObjectStore _raw;
    private readonly BodyCodec _codec;
    private readonly VerifyRunStore _runs;
    private readonly VerifyStore _store;
    private readonly ObjectOwner _owner;
    private long _otherNodes;

    /// <param name="database">The server's database.</param>
    /// <param name="options">[storage]</param>
    /// <param name="dataFolder">The server's data folder, where the folders are that the options do not name.</param>
    /// <param name="time">The clock.</param>
    /// <param name="objects">The object store: <see cref="OpenObjects"/>, or another one.</param>
    public Verification(Database database, StorageOptions options, string dataFolder, TimeProvider time, IObjectStore objects)
    {
        ArgumentNullException.ThrowIfNull(database);
        _database = database;
        _options = options;
        _dataFolder = dataFolder;
        _time = time;
        _raw = objects;
        _codec = new BodyCodec(options);
        _runs = new VerifyRunStore(database);
        _store = new VerifyStore(database.Write);
        _owner = new ObjectOwner(objects, new ObjectOwnerStore(database.Write), NullLogger.Instance);
    }

    /// <summary>The object store that the configuration names.</summary>
    /// <exception cref="IOException">It is not there.</exception>
    public static IObjectStore OpenObjects(
        StorageOptions options, S3Options s3, string dataFolder, MailstoreMetrics metrics, TimeProvider time, ILoggerFactory loggers) =>
        ObjectStores.OpenExisting(options, s3, dataFolder, metrics, time, loggers);

    /// <summary>Begins a comparison and carries it to its end, or to its limit.</summary>
    public async Task<VerifySummary> RunAsync(VerifyRequest request, IVerifyObserver observer, CancellationToken cancellationToken)
    {
        var parameters = JsonSerializer.Serialize(new Parameters(request.Account?.Value, request.IsDeep, request.Fixes, request.Grace));
        var run = new VerifyRun(await _runs.AddAsync(parameters, cancellationToken), parameters, -1, default);
        return await RunAsync(run, [], request, observer, cancellationToken);
    }

    /// <summary>Goes on with the last comparison that did not come to its end. What is remembered of it takes the place of what is asked for now.</summary>
    /// <exception cref="VerifyException">There is none, or it runs.</exception>
    public async Task<VerifySummary> ResumeAsync(VerifyRequest request, IVerifyObserver observer, CancellationToken cancellationToken)
    {
        if (await _runs.FindUnfinishedAsync(cancellationToken) is not var (run, positions))
            throw new VerifyException("there is nothing to resume: the last comparison came to its end");
        var parameters = JsonSerializer.Deserialize<Parameters>(run.Parameters)!;
        request = request with
        {
            Account = parameters.Account is { } account ? new AccountId(account) : null, IsDeep = parameters.IsDeep, Fixes = parameters.Fixes, Grace = parameters.Grace,
        };
        return await RunAsync(run, positions, request, observer, cancellationToken);
    }

    /// <summary>Looks at one body: where it is, who needs it, and whether it is good.</summary>
    /// <param name="hash">Its BLAKE3.</param>
    /// <param name="account">Only this account's; null for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<List<BodyInspection>> InspectAsync(ContentHash hash, AccountId? account, CancellationToken cancellationToken)
    {
        using var progress = new VerifyProgress(_runs, new VerifyRun(0, "", -1, default), [], new VerifyRequest(), new NoObserver(), _time);
        var context = Context(new VerifyRequest { IsDeep = true, Grace = TimeSpan.Zero }, progress);
        var accounts = account is { } one ? [one] : await _store.HoldersAsync(hash, cancellationToken);
        var found = new List<BodyInspection>();
        foreach (var id in accounts)
            found.Add(await BodyInspection.OfAsync(context, await _store.FindAccountAsync(id, cancellationToken), hash, cancellationToken));
        return found;
    }

    private async Task<VerifySummary> RunAsync(
        VerifyRun run, List<VerifyPosition> positions, VerifyRequest request, IVerifyObserver observer, CancellationToken cancellationToken)
    {
        await using var hold = await _runs.TryLockAsync(run.Id, cancellationToken)
            ?? throw new VerifyException($"comparison {run.Id} runs already");
        await CheckOwnerAsync(request, cancellationToken);
        if (request.Limit is { } limit)
            request = request with { Page = (int)Math.Clamp(limit, 1, request.Page) };
        using var progress = new VerifyProgress(_runs, run, positions, request, observer, _time);
        observer.Begun(run.Id, request, await _store.CountAsync(request.Account, cancellationToken), run.Totals);
        var context = Context(request, progress);
        var isFinished = false;
        try
        {
            await RunAsync(context, cancellationToken);
            isFinished = !progress.IsEnough;
        }
        finally
        {
            await progress.SaveAsync(isFinished, CancellationToken.None);
        }

        return new VerifySummary(run.Id, progress.Totals, isFinished, Interlocked.Read(ref _otherNodes));
    }

    // Against another's objects all would be missing and theirs left over
    private async Task CheckOwnerAsync(VerifyRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _owner.CheckAsync(areOurs: request.Fixes, cancellationToken);
        }
        catch (ObjectOwnerException e)
        {
            throw new VerifyException(e.Message);
        }
    }

    private VerifyContext Context(VerifyRequest request, VerifyProgress progress)
    {
        var pace = new VerifyPace(request, _time);
        var reading = new BodyReading(_raw, _codec, SpendAsync);
        var staged = new StagedCopies(new StagedBodyStore(_database.Write), reading, _options, _dataFolder);
        var cache = _options.CacheFolder ?? Path.Combine(_dataFolder, "cache");
        return new VerifyContext
        {
            Store = _store,
            Raw = _raw,
            Codec = _codec,
            Reading = reading,
            Repair = new VerifyRepair(_database, _store, new EncodedObjects(_raw, _codec), _codec.KeyId, reading, staged, cache),
            Staged = staged,
            Request = request,
            Pace = pace,
            Progress = progress,
            Time = _time,
        };

        ValueTask SpendAsync(long bytes, CancellationToken cancellationToken)
        {
            progress.Read(bytes);
            return pace.SpendAsync(0, bytes, cancellationToken);
        }
    }

    private async Task RunAsync(VerifyContext context, CancellationToken cancellationToken)
    {
        if (context.Request.Account is { } only)
        {
            await RunAsync(context, await _store.FindAccountAsync(only, cancellationToken), cancellationToken);
            return;
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = context.Request.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(AccountsAsync(context, cancellationToken), parallel, async (account, token) => await RunAsync(context, account, token));
        await Parallel.ForEachAsync(StrangersAsync(context, cancellationToken), parallel, async (account, token) => await RunAsync(context, account, token));
    }

    private async IAsyncEnumerable<VerifyAccount> AccountsAsync(VerifyContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = context.Progress.Done;
        if (after.Value < 0)
        {
            context.Progress.Begin(default);
            yield return new VerifyAccount(default, null); // staged objects, and all that is staged
        }

        while (!context.Progress.IsEnough && await _store.NextAccountAsync(new AccountId(Math.Max(0, after.Value)), cancellationToken) is { } account)
        {
            context.Progress.Begin(account.Id);
            yield return account;
            after = account.Id;
        }
    }

    // Numbers that only the object store knows. Of each number one name is asked for, and then the first after all of its names.
    private async IAsyncEnumerable<VerifyAccount> StrangersAsync(VerifyContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? after = null;
        while (!context.Progress.IsEnough)
        {
            ObjectInfo? first = null;
            await foreach (var found in _raw.ListAsync("", after, cancellationToken))
            {
                first = found;
                break;
            }

            if (first is not { } next)
                yield break;
            if (next.Key.Kind is ObjectKind.Staged or ObjectKind.Owner)
            {
                after = (next.Key.Kind == ObjectKind.Staged ? ObjectKey.StagedPrefix : ObjectKey.OwnerPrefix) + "~";
                continue;
            }

            if (!await _store.IsKnownAsync(next.Key.Account, cancellationToken))
                yield return new VerifyAccount(next.Key.Account, null);
            after = ObjectKey.PrefixOf(next.Key.Account) + "~";
        }
    }

    private async Task RunAsync(VerifyContext context, VerifyAccount account, CancellationToken cancellationToken)
    {
        try
        {
            await RunPhasesAsync(context, account, cancellationToken);
        }
        catch (EnoughException)
        {
            // its position is known
        }
    }

    private async Task RunPhasesAsync(VerifyContext context, VerifyAccount account, CancellationToken cancellationToken)
    {
        var position = context.Progress.Begin(account.Id);
        if (position.Phase == VerifyPhase.Bodies)
            position = await NextAsync(context, position, after => new BodyPhase(context, account).RunAsync(after, cancellationToken), cancellationToken);
        if (position.Phase == VerifyPhase.Packs)
            position = await NextAsync(context, position, after => new PackPhase(context, account).RunAsync(after, cancellationToken), cancellationToken);
        if (position.Phase == VerifyPhase.Staged)
            await NextAsync(context, position, after => RunStagedAsync(context, account, after, cancellationToken), cancellationToken);
        context.Progress.End();
    }

    private static async Task<VerifyPosition> NextAsync(VerifyContext context, VerifyPosition position, Func<byte[], Task> run, CancellationToken cancellationToken)
    {
        await run(position.After);
        var next = position with { Phase = position.Phase + 1, After = [] };
        await context.Progress.AdvanceAsync(next, 0, cancellationToken);
        return next;
    }

    private async Task RunStagedAsync(VerifyContext context, VerifyAccount account, byte[] after, CancellationToken cancellationToken)
    {
        if (account.Id.Value != 0 && context.Request.Account is null)
            return; // those of all accounts were looked at together
        var phase = new StagedPhase(context, account, context.Request.Account);
        await phase.RunAsync(after, cancellationToken);
        Interlocked.Add(ref _otherNodes, phase.OtherNodes);
    }

    /// <summary>What a run remembers of its request.</summary>
    private sealed record Parameters(long? Account, bool IsDeep, bool Fixes, TimeSpan Grace);

    private sealed class NoObserver : IVerifyObserver
    {
        public void Begun(long run, VerifyRequest request, long expected, VerifyTotals totals)
        {
        }

        public void Found(VerifyFinding finding)
        {
        }

        public void Progressed(VerifyTotals totals)
        {
        }
    }
}
