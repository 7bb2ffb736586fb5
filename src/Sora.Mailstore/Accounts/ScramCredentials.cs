using System.Security.Cryptography;
using System.Text;
using Sora.Contracts;
using Sora.Mailstore.Accounts.Passwords;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Accounts;

/// <summary>
/// What SCRAM is spoken with where there are no keys. A name that cannot log in so gets a salt that is made of the name and a secret of the installation: whoever asks again, on any
/// node and after any restart, gets the same, as for a name that can.
/// </summary>
internal sealed class ScramCredentials(ScramStore store, int iterations, TimeProvider time)
{
    /// <summary>How long the answer for all accounts is believed when no change was announced: renewals at login on other nodes are not.</summary>
    private static readonly TimeSpan ForAllLifetime = TimeSpan.FromSeconds(10);

    private byte[]? _secret;
    private ForAll? _forAll;

    /// <summary>Keys for a name that cannot log in. The secret is read for every first name, found or not, so that the time does not tell.</summary>
    /// <param name="name">Normalized.</param>
    public async Task<ScramKeys> MakeUpAsync(string name, ScramHashes hash, CancellationToken cancellationToken) =>
        MakeUp(_secret ??= await store.SecretAsync(cancellationToken), name, hash);

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
