using Sora.Contracts;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// What a process knows of one account's usage: the sum it has read, what it has committed itself since, and what it is committing now.
/// </summary>
internal sealed class AccountUsage(AccountId account)
{
    private readonly Lock _lock = new();
    private QuotaLimits _limits;
    private long _storage;
    private long _messages;
    private long _heldStorage;
    private long _heldMessages;
    private long _everAddedBytes;
    private long _everAddedMessages;
    private long _readAt;
    private bool _isKnown;
    private bool _wasWarned;
    private Task<MailError?>? _reading;

    public AccountId Account => account;

    /// <summary>Messages that this process has ever added: it tells whether some were added in between.</summary>
    public long EverAdded
    {
        get
        {
            lock (_lock)
                return _everAddedMessages;
        }
    }

    /// <summary>Whether the limits were read at or after this timestamp.</summary>
    public bool IsKnownSince(long timestamp)
    {
        lock (_lock)
            return _isKnown && _readAt >= timestamp;
    }

    /// <summary>
    /// The read that is about to start, common to all who wait for it. One that has started already may not see what the caller has seen, so
    /// nobody joins it.
    /// </summary>
    public Task<MailError?> ReadAsync(Func<AccountUsage, Task<MailError?>> read)
    {
        lock (_lock)
            return _reading ??= Task.Run(() => read(this));
    }

    /// <summary>A read starts now: who comes from here on needs another one. The result belongs to <see cref="Set"/>.</summary>
    public (long Bytes, long Messages) ReadStarts()
    {
        lock (_lock)
        {
            _reading = null;
            return (_everAddedBytes, _everAddedMessages);
        }
    }

    /// <summary>
    /// Takes what was read. What was committed during the read may be in it or not; it is counted in any case, because too much is put right by
    /// the next read, and too little would let others in.
    /// </summary>
    public void Set(QuotaLimits limits, QuotaUsage usage, (long Bytes, long Messages) addedBefore, long timestamp)
    {
        lock (_lock)
        {
            if (_isKnown && timestamp < _readAt)
                return;
            _limits = limits;
            _storage = usage.Storage + _everAddedBytes - addedBefore.Bytes;
            _messages = usage.Messages + _everAddedMessages - addedBefore.Messages;
            _readAt = timestamp;
            _isKnown = true;
        }
    }

    /// <summary>After so much more, more than nine tenths of a limit would be used.</summary>
    public bool IsNearlyFull(long bytes, int messages)
    {
        lock (_lock)
            return IsAbove(_storage + _heldStorage + bytes, _limits.Storage, 90) || IsAbove(_messages + _heldMessages + messages, _limits.Messages, 90);
    }

    /// <summary>A commit of this process has changed the usage.</summary>
    public void Add(long bytes, long messages)
    {
        lock (_lock)
        {
            _everAddedBytes += Math.Max(0, bytes);
            _everAddedMessages += Math.Max(0, messages);
            _storage = Math.Max(0, _storage + bytes);
            _messages = Math.Max(0, _messages + messages);
        }
    }

    /// <summary>Holds room if there is enough of it; null, or which limit is in the way.</summary>
    public MailError? TryHold(long bytes, int messages)
    {
        lock (_lock)
        {
            if (_limits.Storage is { } storage && bytes > 0 && _storage + _heldStorage > storage - bytes)
                return new MailError(MailErrorCode.OverQuota, "Quota exceeded: no more storage for this account");
            if (_limits.Messages is { } count && messages > 0 && _messages + _heldMessages > count - messages)
                return new MailError(MailErrorCode.OverQuota, "Quota exceeded: no more messages for this account");
            _heldStorage += bytes;
            _heldMessages += messages;
            return null;
        }
    }

    public void Release(long bytes, int messages)
    {
        lock (_lock)
        {
            _heldStorage -= bytes;
            _heldMessages -= messages;
        }
    }

    /// <summary>True once when the usage passes this share of a limit, and again after it was below it.</summary>
    public bool PassesWarning(int percent)
    {
        lock (_lock)
        {
            var isAbove = IsAbove(_storage, _limits.Storage, percent) || IsAbove(_messages, _limits.Messages, percent);
            var passes = isAbove && !_wasWarned;
            _wasWarned = isAbove;
            return passes;
        }
    }

    private static bool IsAbove(long used, long? limit, int percent) => limit is { } most && used > 0 && used >= most / 100.0 * percent;
}
