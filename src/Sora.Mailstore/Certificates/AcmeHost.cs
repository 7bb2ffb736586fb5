using Microsoft.Extensions.Logging;
using Npgsql;
using Sora.Contracts;
using Sora.Mailstore.Mailboxes;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Certificates;

/// <summary>What all nodes know of ACME servers: accounts, answers to challenges, and how renewals go.</summary>
public sealed class AcmeHost(Database database, CertificateHost certificates, ILoggerFactory loggers) : IAcmeState, IAcmeChallenges, IDisposable
{
    private const int MaxToken = 256;
    private const int MaxHost = 253;

    private readonly AcmeStore _store = new(database.Write);
    private readonly SemaphoreSlim _lookups = new(certificates.Options.MaxChallengeLookups, certificates.Options.MaxChallengeLookups);
    private readonly ILogger _logger = loggers.CreateLogger<AcmeHost>();

    /// <inheritdoc/>
    public async Task<IAsyncDisposable?> TryLeadAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenDedicatedAsync(cancellationToken);
        try
        {
            if (await AcmeStore.TryLeadAsync(connection, cancellationToken))
                return new Lead(connection);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }

        await connection.DisposeAsync();
        return null;
    }

    /// <inheritdoc/>
    public async Task<AcmeAccount?> FindAccountAsync(string directory, CancellationToken cancellationToken) =>
        await _store.FindAccountAsync(directory, cancellationToken) is { } row && certificates.Seal?.Open(Owner(directory), row.SealedKey) is { } key
            ? new AcmeAccount(key, row.Url, row.Contacts)
            : null;

    /// <inheritdoc/>
    public Task PutAccountAsync(string directory, AcmeAccount account, CancellationToken cancellationToken)
    {
        var seal = certificates.Seal ?? throw new InvalidOperationException("There is no tls_store.secret");
        return _store.PutAccountAsync(directory, new AcmeAccountRow(seal.Seal(Owner(directory), account.Key), account.Url, [.. account.Contacts]), cancellationToken);
    }

    /// <inheritdoc/>
    public Task PutChallengeAsync(AcmeChallenge challenge, TimeSpan lifetime, CancellationToken cancellationToken) =>
        _store.PutChallengeAsync(challenge, lifetime, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteChallengeAsync(AcmeChallenge challenge, CancellationToken cancellationToken) => _store.DeleteChallengeAsync(challenge, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<AcmeRenewal>> ListRenewalsAsync(CancellationToken cancellationToken) => await _store.ListRenewalsAsync(cancellationToken);

    /// <inheritdoc/>
    public Task PutRenewalAsync(AcmeRenewal renewal, CancellationToken cancellationToken) => _store.PutRenewalAsync(renewal, cancellationToken);

    /// <inheritdoc/>
    public Task PutSuggestionAsync(AcmeRenewal renewal, DateTimeOffset? before, CancellationToken cancellationToken) => _store.PutSuggestionAsync(renewal, before, cancellationToken);

    /// <inheritdoc/>
    public async Task<MailResult<Done>> PutCertificateAsync(SharedCertificate certificate, CancellationToken cancellationToken)
    {
        var stored = await certificates.PutAsync(certificate, isDefault: null, isAcme: true, cancellationToken);
        return stored.IsOk ? new Done() : stored.Error;
    }

    /// <inheritdoc/>
    public ValueTask<MailResult<string?>> FindHttpAsync(string token, CancellationToken cancellationToken) =>
        token.Length is 0 or > MaxToken || !token.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? new((string?)null)
            : FindAsync(() => _store.FindByTokenAsync(AcmeChallenge.Http, token, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<MailResult<string?>> FindTlsAsync(string host, CancellationToken cancellationToken) =>
        host.Length is 0 or > MaxHost || host.Contains('\0', StringComparison.Ordinal)
            ? new((string?)null)
            : FindAsync(() => _store.FindByHostAsync(AcmeChallenge.TlsAlpn, host, cancellationToken), cancellationToken);

    public void Dispose() => _lookups.Dispose();

    internal static string Owner(string directory) => "acme_accounts/" + directory;

    private async ValueTask<MailResult<string?>> FindAsync(Func<Task<string?>> find, CancellationToken cancellationToken)
    {
        await _lookups.WaitAsync(cancellationToken);
        try
        {
            return await find();
        }
        catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
        {
            Log.CertificatesFailed(_logger, e);
            return MailError.Unavailable();
        }
        finally
        {
            _lookups.Release();
        }
    }

    /// <summary>Held until it is disposed, or the connection breaks, which frees the lock as well, though not at once.</summary>
    private sealed class Lead(NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await using (connection)
            {
                try
                {
                    await AcmeStore.EndLeadAsync(connection);
                }
                catch (Exception e) when (Mailbox.IsDatabaseFailure(e))
                {
                    // Broken: then it is free
                }
            }
        }
    }
}
