using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Sora.Acme.Protocol;
using Sora.Contracts;

namespace Sora.Acme;

/// <summary>
/// Orders the certificates of [acme] when they are missing or due. Any number of nodes run it: one at a time, which holds the database's lock, orders. What has failed is remembered there too, so that neither a
/// restart nor another node asks the server again too soon.
/// </summary>
public sealed class AcmeWorker : IAsyncDisposable
{
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskAgainAfterFailure = TimeSpan.FromHours(1);

    private readonly AcmeOptions _options;
    private readonly IAcmeState _state;
    private readonly ISharedCertificates _certificates;
    private readonly AcmeMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IDisposable _subscription;
    private readonly SemaphoreSlim _wake = new(1, 1);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public AcmeWorker(
        AcmeOptions options, IAcmeState state, ISharedCertificates certificates, AcmeMetrics metrics, TimeProvider time, ILogger<AcmeWorker> logger)
    {
        _options = options;
        _state = state;
        _certificates = certificates;
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _subscription = certificates.Subscribe(Wake);
    }

    /// <summary>Begins.</summary>
    public void Start() => _running = Task.Run(RunAsync, CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
        _wake.Dispose();
    }

    /// <summary>Orders what is due now, unless another node is at it; says when to look again.</summary>
    internal async Task<TimeSpan> CheckAsync(CancellationToken cancellationToken)
    {
        var lead = await _state.TryLeadAsync(cancellationToken).ConfigureAwait(false);
        if (lead is null)
            return _options.RetryMin < _options.CheckInterval ? _options.RetryMin : _options.CheckInterval; // It may die in the middle
        await using (lead.ConfigureAwait(false))
        {
            var read = await _certificates.ReadAllAsync(cancellationToken).ConfigureAwait(false);
            if (!read.IsOk)
                return MinPause;
            var stored = read.Value.ToDictionary(static certificate => certificate.Name, StringComparer.Ordinal);
            var renewals = (await _state.ListRenewalsAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(static renewal => renewal.Name, StringComparer.Ordinal);
            var next = _time.GetUtcNow() + _options.CheckInterval;
            foreach (var wanted in _options.Certificates)
            {
                var at = await CheckAsync(
                    wanted, stored.GetValueOrDefault(wanted.StoreName), renewals.GetValueOrDefault(wanted.StoreName) ?? new AcmeRenewal(wanted.StoreName), cancellationToken).ConfigureAwait(false);
                next = at < next ? at : next;
            }

            var pause = next - _time.GetUtcNow();
            return pause > MinPause ? pause : MinPause;
        }
    }

    private void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // Woken by somebody else at the same moment, or not needed any more
        }
    }

    private async Task RunAsync()
    {
        var timer = _time.CreateTimer(static worker => ((AcmeWorker)worker!).Wake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            while (true)
            {
                var pause = _options.RetryMin;
                try
                {
                    await _wake.WaitAsync(_stopping.Token).ConfigureAwait(false);
                    pause = await CheckAsync(_stopping.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e)
                {
                    Log.CheckFailed(_logger, e);
                }

                timer.Change(pause, Timeout.InfiniteTimeSpan);
            }
        }
    }

    // When to look again
    private async Task<DateTimeOffset> CheckAsync(AcmeCertificateOptions wanted, SharedCertificate? stored, AcmeRenewal renewal, CancellationToken cancellationToken)
    {
        using var leaf = stored is null ? null : Read(stored);
        renewal = await AskAsync(leaf, renewal, cancellationToken).ConfigureAwait(false);
        var due = DueAt(wanted, leaf, renewal);
        if (renewal.NextAttemptAt is { } pause && pause > due)
            due = pause;
        if (due > _time.GetUtcNow())
            return due;
        return await OrderAsync(wanted, leaf, renewal, cancellationToken).ConfigureAwait(false);
    }

    private DateTimeOffset DueAt(AcmeCertificateOptions wanted, X509Certificate2? leaf, AcmeRenewal renewal)
    {
        if (leaf is null || CertificateKey.TypeOf(leaf) != wanted.KeyType || !IsForSame(wanted, leaf))
            return DateTimeOffset.MinValue;
        var end = new DateTimeOffset(leaf.NotAfter.ToUniversalTime(), TimeSpan.Zero);
        var third = (leaf.NotAfter - leaf.NotBefore) / 3;
        var usual = end - (_options.RenewBefore < third ? _options.RenewBefore : third);

        // A server that suggests a time after the end means no good
        return renewal.RenewAt is { } suggested && suggested < end ? suggested : usual;
    }

    private async Task<AcmeRenewal> AskAsync(X509Certificate2? leaf, AcmeRenewal renewal, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var before = renewal.RenewAt;
        if (leaf is null || renewal.AskAgainAt > now || RenewalInfo.NameOf(leaf) is not { } name)
            return renewal;
        try
        {
            using var key = AccountKey.Create(); // It signs nothing: the question needs no account
            using var session = new AcmeSession(_options, key, _time);
            var info = await RenewalInfo.AskAsync(session, name, cancellationToken).ConfigureAwait(false);
            var isSame = info is not null && renewal.RenewAt >= info.Start && renewal.RenewAt <= info.End;
            renewal = renewal with { RenewAt = isSame ? renewal.RenewAt : info?.Choose(), AskAgainAt = now + (info?.AskAgain ?? TimeSpan.FromDays(1)) };
        }
        catch (AcmeException e)
        {
            Log.NoRenewalInfo(_logger, renewal.Name, e.Message);
            renewal = renewal with { AskAgainAt = now + (e.RetryAfter ?? AskAgainAfterFailure) };
        }

        await _state.PutSuggestionAsync(renewal, before, cancellationToken).ConfigureAwait(false);
        return renewal;
    }

    private async Task<DateTimeOffset> OrderAsync(AcmeCertificateOptions wanted, X509Certificate2? leaf, AcmeRenewal renewal, CancellationToken cancellationToken)
    {
        Log.Ordering(_logger, wanted.StoreName, string.Join(' ', wanted.Hosts), _options.Directory);
        AcmeSession? session = null;
        try
        {
            session = await AcmeAccounts.OpenAsync(_options, _state, _time, cancellationToken).ConfigureAwait(false);
            var replaces = leaf is not null && await session.FindAsync("renewalInfo", cancellationToken).ConfigureAwait(false) is not null ? RenewalInfo.NameOf(leaf) : null;
            var issued = await new AcmeOrder(session, _options, wanted, _state, _time).RunAsync(replaces, cancellationToken).ConfigureAwait(false);

            // First that it is not due, then what it is: who sees the new one and wants yet another is not overruled
            await _state.PutRenewalAsync(new AcmeRenewal(wanted.StoreName), cancellationToken).ConfigureAwait(false);
            var put = await _state.PutCertificateAsync(issued, cancellationToken).ConfigureAwait(false);
            if (!put.IsOk)
                throw new AcmeException(put.Error.Text);
            _metrics.Ordered(isIssued: true);
            Log.Issued(_logger, wanted.StoreName);
            return _time.GetUtcNow() + MinPause; // The look at the new one asks the server when it is due
        }
        catch (AcmeException e)
        {
            _metrics.Ordered(isIssued: false);
            if (e.Type == "accountDoesNotExist" && session is not null)
                await AcmeAccounts.ForgetAsync(session, _options, _state, cancellationToken).ConfigureAwait(false);
            return await FailedAsync(renewal, e, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (session is not null)
                AcmeAccounts.Close(session);
        }
    }

    private async Task<DateTimeOffset> FailedAsync(AcmeRenewal renewal, AcmeException e, CancellationToken cancellationToken)
    {
        var attempts = renewal.Attempts + 1;
        var pause = TimeSpan.FromSeconds(Math.Min(_options.RetryMin.TotalSeconds * Math.Pow(2, Math.Min(attempts - 1, 30)), _options.RetryMax.TotalSeconds));
        if (e.RetryAfter > pause)
            pause = e.RetryAfter.Value;
        var next = _time.GetUtcNow() + pause;
        Log.OrderFailed(_logger, renewal.Name, attempts, next, e.Message);
        await _state.PutRenewalAsync(renewal with { Attempts = attempts, NextAttemptAt = next, LastError = e.Message }, cancellationToken).ConfigureAwait(false);
        return next;
    }

    private static bool IsForSame(AcmeCertificateOptions wanted, X509Certificate2 leaf) =>
        CertificateHosts.Of(leaf).ToHashSet(StringComparer.Ordinal).SetEquals(wanted.Hosts.Select(static host => host.ToLowerInvariant()));

    private static X509Certificate2? Read(SharedCertificate stored)
    {
        try
        {
            return X509Certificate2.CreateFromPem(stored.Chain);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return null; // Another takes its place
        }
    }
}
