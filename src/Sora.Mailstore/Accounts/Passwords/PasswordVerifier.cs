namespace Sora.Mailstore.Accounts.Passwords;

/// <summary>
/// Checks passwords on a few threads of its own, with a bounded queue before them: a storm of logins takes neither all processors
/// nor the thread pool that mail runs on. Users take turns, so that who logs in a thousand times, or is guessed at, makes nobody else wait for all of it.
/// </summary>
public sealed class PasswordVerifier : IDisposable
{
    private readonly PasswordHasher _hasher;
    private readonly VerifiedPasswordCache _cache;
    private readonly FairQueue<Check> _queue;
    private readonly Thread[] _workers;
    private volatile bool _stopping;
    private long _checks;

    /// <summary>Starts the workers.</summary>
    public PasswordVerifier(PasswordHasher hasher, PasswordOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(hasher);
        ArgumentNullException.ThrowIfNull(options);
        _hasher = hasher;
        _cache = new VerifiedPasswordCache(options.CacheEntries, options.CacheTime, time);
        _queue = new FairQueue<Check>(options.QueueLimit);
        _workers = new Thread[options.Workers ?? Math.Max(1, Environment.ProcessorCount / 2)];
        for (var i = 0; i < _workers.Length; i++)
        {
            _workers[i] = new Thread(Work) { IsBackground = true, Name = $"password {i}" };
            _workers[i].Start();
        }
    }

    /// <summary>Checks that workers have begun, of whatever outcome; those that were remembered are none.</summary>
    public long Checks => Interlocked.Read(ref _checks);

    /// <summary>Checks that wait for a worker.</summary>
    public int Waiting => _queue.Count;

    /// <summary><see cref="PasswordHasher.Verify"/> on a worker.</summary>
    /// <exception cref="PasswordVerifierBusyException">The queue is full.</exception>
    public Task<bool> VerifyAsync(string password, string stored, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(stored);
        return Enqueue(() => _hasher.Verify(password, stored), cancellationToken);
    }

    /// <summary>
    /// The same, but a password that was right for <paramref name="account"/> and <paramref name="stored"/> a short time ago (see
    /// <see cref="PasswordOptions.CacheTime"/>) is right at once.
    /// </summary>
    /// <param name="account">What names the account for good, so that no two accounts share a name.</param>
    /// <param name="password">What the client sent.</param>
    /// <param name="stored">The stored hash as it is now; when it changes, nothing remembered matches.</param>
    /// <param name="cancellationToken">Gives up waiting; a check that has begun is not stopped.</param>
    /// <exception cref="PasswordVerifierBusyException">The queue is full.</exception>
    public Task<bool> VerifyAsync(string account, string password, string stored, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(password);
        ArgumentNullException.ThrowIfNull(stored);
        if (password.Length > PasswordHasher.MaxPasswordBytes)
            return Task.FromResult(false);
        if (_cache.Contains(account, stored, password))
            return Task.FromResult(true);
        return Enqueue(
            account,
            () =>
            {
                // Of several logins at once, the first pays and those behind it find its result
                if (_cache.Contains(account, stored, password))
                    return true;
                var right = _hasher.Verify(password, stored);
                if (right)
                    _cache.Add(account, stored, password);
                return right;
            },
            cancellationToken);
    }

    /// <summary><see cref="PasswordHasher.Renew(string, string, Renewal)"/> on a worker; null when there is nothing to renew, at once when that is clear.</summary>
    /// <param name="account">As for <see cref="VerifyAsync(string, string, string, CancellationToken)"/>, for which the result is already checked.</param>
    /// <param name="password">The right password.</param>
    /// <param name="stored">What is stored now.</param>
    /// <param name="how">What of it may change.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="PasswordVerifierBusyException">The queue is full.</exception>
    internal async Task<string?> RenewAsync(string account, string password, string stored, Renewal how, CancellationToken cancellationToken)
    {
        if (!_hasher.WouldRenew(stored, how))
            return null;
        string? renewed = null;
        await Enqueue(account, () => (renewed = _hasher.Renew(password, stored, how)) is not null, cancellationToken);
        if (renewed is not null)
            _cache.Add(account, renewed, password);
        return renewed;
    }

    /// <summary>Whether a password was right a short time ago, see <see cref="PasswordOptions.CacheTime"/>.</summary>
    internal bool IsRemembered(string account, string password, string stored) => _cache.Contains(account, stored, password);

    /// <summary><see cref="PasswordHasher.Verify"/> on this thread, for a <see cref="GeneratedPassword"/>, whose digest takes no time.</summary>
    internal bool VerifyNow(string password, string stored) => _hasher.Verify(password, stored);

    /// <summary>Whether <see cref="RenewAsync"/> may have something to do.</summary>
    internal bool WouldRenew(string stored, Renewal how) => _hasher.WouldRenew(stored, how);

    /// <summary><see cref="PasswordHasher.VerifyRest"/> on a worker; always false.</summary>
    /// <exception cref="PasswordVerifierBusyException">The queue is full.</exception>
    internal Task<bool> VerifyRestAsync(string account, string password, string stored, CancellationToken cancellationToken) =>
        Enqueue(
            account,
            () =>
            {
                _hasher.VerifyRest(password, stored);
                return false;
            },
            cancellationToken);

    /// <summary>Rounds of new SCRAM keys.</summary>
    internal int ScramIterations => _hasher.ScramIterations;

    /// <summary><see cref="PasswordHasher.VerifyDummy"/> on a worker, for an account that does not exist; always false.</summary>
    /// <exception cref="PasswordVerifierBusyException">The queue is full.</exception>
    public Task<bool> VerifyDummyAsync(string password, CancellationToken cancellationToken) => VerifyDummyAsync("", password, cancellationToken);

    /// <inheritdoc cref="VerifyDummyAsync(string, CancellationToken)"/>
    /// <param name="account">The name that was given: it waits for its turn as one that exists would.</param>
    /// <param name="password">What the client sent.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<bool> VerifyDummyAsync(string account, string password, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(password);
        return Enqueue(account, () => _hasher.VerifyDummy(password), cancellationToken);
    }

    /// <summary>Ends the workers after the check each is at; what waits is cancelled.</summary>
    public void Dispose()
    {
        if (_stopping)
            return;
        _stopping = true;
        _queue.CompleteAdding();
        foreach (var worker in _workers)
            worker.Join();
        _queue.Dispose();
    }

    /// <summary>Puts a check into the queue, or fails the task if that is full.</summary>
    internal Task<bool> Enqueue(Func<bool> verify, CancellationToken cancellationToken) => Enqueue("", verify, cancellationToken);

    private Task<bool> Enqueue(string account, Func<bool> verify, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_stopping, this);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<bool>(cancellationToken);
        var check = new Check(verify, cancellationToken);
        bool taken;
        try
        {
            taken = _queue.TryAdd(account, check);
        }
        catch (InvalidOperationException)
        {
            // Stopped in the meantime
            check.Cancel();
            return check.Task;
        }
        if (taken)
            return check.Task;
        check.Cancel();
        return Task.FromException<bool>(new PasswordVerifierBusyException());
    }

    private void Work()
    {
        while (_queue.TryTake(out var check))
        {
            if (_stopping)
            {
                check.Cancel();
                continue;
            }

            Interlocked.Increment(ref _checks);
            check.Run();
        }
    }

    private sealed class Check
    {
        private readonly Func<bool> _verify;
        private readonly CancellationTokenRegistration _registration;

        // Continuations run sessions, which must not run on a worker
        private readonly TaskCompletionSource<bool> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Check(Func<bool> verify, CancellationToken cancellationToken)
        {
            _verify = verify;
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((Check)state!)._completion.TrySetCanceled(token), this);
        }

        public Task<bool> Task => _completion.Task;

        public void Run()
        {
            if (!_completion.Task.IsCompleted)
            {
                try
                {
                    _completion.TrySetResult(_verify());
                }
                catch (Exception exception)
                {
                    _completion.TrySetException(exception);
                }
            }
            _registration.Unregister();
        }

        public void Cancel()
        {
            _registration.Unregister();
            _completion.TrySetCanceled();
        }
    }
}
