using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Encoded;

/// <summary>What administrators see of keys, and how they have bodies encrypted anew.</summary>
/// <param name="database">The database.</param>
public sealed class KeyAdministration(Database database)
{
    private readonly BodyKeyStore _store = new(database.Write);

    /// <summary>What is encrypted with which key.</summary>
    public async Task<IReadOnlyList<KeyUse>> UsesAsync(CancellationToken cancellationToken) => await _store.UsesAsync(cancellationToken);

    /// <summary>Whether a rotation is under way, and to which key; null is none.</summary>
    public Task<(bool IsAsked, string? KeyId)> RotationAsync(CancellationToken cancellationToken) => _store.AskedAsync(cancellationToken);

    /// <summary>Has all nodes encrypt everything with this key, which must be their active one; null: with none.</summary>
    public Task RotateAsync(string? keyId, CancellationToken cancellationToken) => _store.AskAsync(keyId, cancellationToken);

    /// <summary>Ends a rotation; what is encrypted anew stays so. False when there is none.</summary>
    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        var (isAsked, keyId) = await _store.AskedAsync(cancellationToken);
        return isAsked && await _store.EndAsync(keyId, cancellationToken);
    }
}
