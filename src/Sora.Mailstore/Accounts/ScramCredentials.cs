using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// The keys that SCRAM is spoken with. A name that cannot log in so gets a salt that is made of the name and a secret of the installation: whoever asks again, on any node and
/// after any restart, gets the same, as for a name that can.
/// </summary>
internal sealed class ScramCredentials(AccountStore accounts, ScramStore store, int iterations, TimeProvider time)
{
    /// <summary>How long the answer for all accounts is believed when no change was announced: renewals at login on other nodes are not.</summary>
    private static readonly TimeSpan ForAllLifetime = TimeSpan.FromSeconds(10);

    private byte[]? _secret;
    private ForAll? _forAll;

    public ScramStore Store => store;

    /// <param name="name">Normalized.</param>
    public async Task<ScramCredential> FindAsync(string name, ScramHashes hash, CancellationToken cancellationToken)
    {
        // The secret is read for every first name, found or not, so that the time does not tell
        var secret = _secret ??= await store.SecretAsync(cancellationToken);
        var stored = await accounts.FindAsync(name, cancellationToken);
        var madeUp = MakeUp(secret, name, hash);
        return stored is not null && PasswordHasher.ScramKeys(stored.PasswordHash, hash) is { } keys
            ? new ScramCredential(keys, new AccountIdentity(stored.Account, stored.PrimaryAddress))
            : new ScramCredential(madeUp, null);
    }

    /// <summary>The hash functions for which every account has keys, as of a few seconds ago at most.</summary>
    /// <param name="changes">Grows with every change of an account that is heard of.</param>
    public async ValueTask<ScramHashes> ForAllAsync(int changes, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _forAll) is { } known && known.Changes == changes && time.GetElapsedTime(known.At) < ForAllLifetime)
            return known.Hashes;
        var at = time.GetTimestamp();
        var hashes = await store.ForAllAsync(cancellationToken);
        Volatile.Write(ref _forAll, new ForAll(hashes, changes, at));
        return hashes;
    }

    private ScramKeys MakeUp(byte[] secret, string name, ScramHashes hash)
    {
        var digest = HMACSHA512.HashData(secret, Encoding.UTF8.GetBytes($"{hash}\0{name}"));
        var length = ScramKeys.LengthOf(hash);
        return new ScramKeys(
            hash, iterations, [.. digest.AsSpan(0, PasswordHasher.ScramSaltLength)], [.. RandomNumberGenerator.GetBytes(length)], [.. RandomNumberGenerator.GetBytes(length)]);
    }

    private sealed record ForAll(ScramHashes Hashes, int Changes, long At);
}
