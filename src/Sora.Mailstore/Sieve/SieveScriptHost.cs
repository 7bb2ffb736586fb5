using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Sieve;

/// <summary>Scripts in the database, within their limits. Lists are kept in memory for deliveries until a change of the account is announced.</summary>
public sealed class SieveScriptHost : ISieveScripts, IDisposable
{
    private readonly ConcurrentDictionary<AccountId, SieveScriptList> _lists = new();
    private readonly SieveStore _store;
    private readonly ChangeFeed _feed;
    private readonly SieveOptions _options;
    private readonly ILogger _logger;
    private int _changes;

    public SieveScriptHost(Database database, ChangeFeed feed, SieveOptions options, ILoggerFactory loggers)
    {
        _store = new SieveStore(database.Write);
        _feed = feed;
        _options = options;
        _logger = loggers.CreateLogger<SieveScriptHost>();
        feed.AccountChanged += Forget;
        feed.Interrupted += ForgetAll;
    }

    public async Task<MailResult<SieveScriptList>> ListAsync(AccountId account, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.ListAsync(account, cancellationToken);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Unavailable(e);
        }
    }

    public ValueTask<MailResult<SieveScriptList>> FindAsync(AccountId account, CancellationToken cancellationToken) =>
        _lists.TryGetValue(account, out var known) ? new(known) : new(LoadAsync(account, cancellationToken));

    public async Task<MailResult<SieveScriptContent>> GetAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken)
    {
        try
        {
            return await _store.ReadAsync(account, name, cancellationToken) is { } script ? script : NoScript();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Unavailable(e);
        }
    }

    public async Task<MailResult<Done>> CheckSpaceAsync(AccountId account, SieveScriptName name, long size, CancellationToken cancellationToken)
    {
        if (size > _options.MaxScriptSize.Bytes)
            return TooBig();
        try
        {
            return ResultOf(await _store.CheckAsync(account, name, size, _options.MaxScripts, _options.MaxTotalSize.Bytes, cancellationToken));
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            return Unavailable(e);
        }
    }

    public Task<MailResult<Done>> PutAsync(AccountId account, SieveScriptName name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (content.IsEmpty)
            return Task.FromResult<MailResult<Done>>(new MailError(MailErrorCode.Cannot, "Script is empty"));
        if (content.Length > _options.MaxScriptSize.Bytes)
            return Task.FromResult<MailResult<Done>>(TooBig());
        return ChangeAsync(account, () => _store.PutAsync(
            account, name, content.ToArray(), ScriptHash.Of(content.Span), _options.MaxScripts, _options.MaxTotalSize.Bytes, cancellationToken));
    }

    public Task<MailResult<Done>> RenameAsync(AccountId account, SieveScriptName from, SieveScriptName to, CancellationToken cancellationToken) =>
        ChangeAsync(account, () => _store.RenameAsync(account, from, to, cancellationToken));

    public Task<MailResult<Done>> DeleteAsync(AccountId account, SieveScriptName name, CancellationToken cancellationToken) =>
        ChangeAsync(account, () => _store.DeleteAsync(account, name, cancellationToken));

    public Task<MailResult<Done>> ActivateAsync(AccountId account, SieveScriptName? name, CancellationToken cancellationToken) =>
        ChangeAsync(account, () => _store.ActivateAsync(account, name, cancellationToken));

    public void Dispose()
    {
        _feed.AccountChanged -= Forget;
        _feed.Interrupted -= ForgetAll;
    }

    private async Task<MailResult<Done>> ChangeAsync(AccountId account, Func<Task<SieveWriteOutcome>> change)
    {
        try
        {
            var outcome = await change();
            if (outcome != SieveWriteOutcome.Done)
                return ResultOf(outcome);
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Forget(account); // It may have been done all the same
            return Unavailable(e);
        }

        Forget(account);
        _feed.AnnounceAccount(account);
        return new Done();
    }

    private async Task<MailResult<SieveScriptList>> LoadAsync(AccountId account, CancellationToken cancellationToken)
    {
        var changes = Volatile.Read(ref _changes);
        var list = await ListAsync(account, cancellationToken);
        if (!list.IsOk || _options.MaxCachedAccounts == 0)
            return list;
        if (_lists.Count >= _options.MaxCachedAccounts)
            _lists.Clear();
        _lists[account] = list.Value;
        if (changes != Volatile.Read(ref _changes)) // What was read may be older than the change
            _lists.TryRemove(account, out _);
        return list;
    }

    private void Forget(AccountId account)
    {
        Interlocked.Increment(ref _changes);
        _lists.TryRemove(account, out _);
    }

    private void ForgetAll()
    {
        Interlocked.Increment(ref _changes);
        _lists.Clear();
    }

    private MailError Unavailable(Exception e)
    {
        Log.SieveFailed(_logger, e);
        return MailError.Unavailable();
    }

    private MailResult<Done> ResultOf(SieveWriteOutcome outcome) => outcome switch
    {
        SieveWriteOutcome.Done => new Done(),
        SieveWriteOutcome.NoAccount => new MailError(MailErrorCode.NonExistent, "There is no such account"),
        SieveWriteOutcome.NoScript => NoScript(),
        SieveWriteOutcome.NameTaken => new MailError(MailErrorCode.AlreadyExists, "There is a script by that name already"),
        SieveWriteOutcome.IsActive => new MailError(MailErrorCode.InUse, "The active script cannot be deleted"),
        SieveWriteOutcome.TooManyScripts =>
            new MailError(MailErrorCode.Limit, string.Create(null, $"An account may have {_options.MaxScripts} scripts")),
        _ => new MailError(MailErrorCode.OverQuota, string.Create(null, $"All scripts together may have {_options.MaxTotalSize.Bytes} bytes")),
    };

    private MailError TooBig() => new(MailErrorCode.TooBig, string.Create(null, $"A script may have {_options.MaxScriptSize.Bytes} bytes"));

    private static MailError NoScript() => new(MailErrorCode.NonExistent, "There is no script by that name");
}
