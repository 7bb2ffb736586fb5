using Sora.Contracts;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>How far a run is, in memory and now and then in the database. All workers share it.</summary>
internal sealed class VerifyProgress(
    VerifyRunStore store, VerifyRun run, IEnumerable<VerifyPosition> positions, VerifyRequest request, IVerifyObserver observer, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _saving = new(1);
    private readonly SortedDictionary<long, VerifyPosition> _positions = new(positions.ToDictionary(static one => one.Account.Value));
    private readonly Dictionary<long, (long Findings, long Repaired)> _pending = [];
    private long _done = run.DoneAccount;
    private VerifyTotals _totals = run.Totals;
    private long _saved = time.GetTimestamp();

    /// <summary>There are as many findings as were asked for.</summary>
    public bool IsEnough
    {
        get
        {
            lock (_lock)
                return _totals.Findings - run.Totals.Findings >= (request.Limit ?? long.MaxValue);
        }
    }

    public VerifyTotals Totals
    {
        get
        {
            lock (_lock)
                return _totals;
        }
    }

    /// <summary>This account and those before it are done.</summary>
    public AccountId Done
    {
        get
        {
            lock (_lock)
                return new AccountId(_done);
        }
    }

    /// <summary>An account is about to be begun, or to go on: where.</summary>
    public VerifyPosition Begin(AccountId account)
    {
        lock (_lock)
        {
            if (!_positions.TryGetValue(account.Value, out var position))
                _positions.Add(account.Value, position = new VerifyPosition(account, VerifyPhase.Bodies, []));
            return position;
        }
    }

    /// <summary>A page is done, with what was found in it; observers know of that already.</summary>
    /// <exception cref="EnoughException">There are as many findings as were asked for.</exception>
    public async Task AdvanceAsync(VerifyPosition position, int bodies, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _positions[position.Account.Value] = position;
            _pending.Remove(position.Account.Value);
            _totals = _totals with { Bodies = _totals.Bodies + bodies };
            observer.Progressed(_totals);
        }

        if (time.GetElapsedTime(Interlocked.Read(ref _saved)) >= request.SaveInterval)
            await SaveAsync(isFinished: false, cancellationToken);
        if (IsEnough)
            throw new EnoughException();
    }

    /// <summary>An account is done. Accounts are begun in the order of their numbers, so those before the first that is not done are done.</summary>
    public void End()
    {
        lock (_lock)
        {
            while (_positions.Count > 0 && _positions.First() is { Value.Phase: VerifyPhase.Done } first)
            {
                _done = Math.Max(_done, first.Key);
                _positions.Remove(first.Key);
            }
        }
    }

    public void Read(long bytes)
    {
        lock (_lock)
            _totals = _totals with { Bytes = _totals.Bytes + bytes };
    }

    /// <summary>Something is wrong. It is written down as found when its page is done, so that it is not counted twice when the page is looked at again.</summary>
    public void Found(AccountId account, VerifyFinding finding)
    {
        lock (_lock)
        {
            _totals = _totals with { Findings = _totals.Findings + 1, Repaired = _totals.Repaired + (finding.IsRepaired ? 1 : 0) };
            var (findings, repaired) = _pending.GetValueOrDefault(account.Value);
            _pending[account.Value] = (findings + 1, repaired + (finding.IsRepaired ? 1 : 0));
            observer.Found(finding);
        }
    }

    public async Task SaveAsync(bool isFinished, CancellationToken cancellationToken)
    {
        await _saving.WaitAsync(cancellationToken);
        try
        {
            VerifyRun state;
            VerifyPosition[] positions;
            lock (_lock)
            {
                var counted = _totals with
                {
                    Findings = _totals.Findings - _pending.Values.Sum(static one => one.Findings), Repaired = _totals.Repaired - _pending.Values.Sum(static one => one.Repaired),
                };
                state = run with { DoneAccount = _done, Totals = counted };
                positions = [.. _positions.Values];
            }

            await store.SaveAsync(state, positions, isFinished, cancellationToken);
            Interlocked.Exchange(ref _saved, time.GetTimestamp());
        }
        finally
        {
            _saving.Release();
        }

        CrashPoints.Reach(CrashPoints.VerifySaved);
    }

    public void Dispose()
    {
        _saving.Dispose();
    }
}

/// <summary>There are as many findings as were asked for: the account stops after what it has looked at.</summary>
internal sealed class EnoughException() : Exception("As many findings as were asked for");
