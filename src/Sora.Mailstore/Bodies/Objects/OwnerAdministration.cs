using Microsoft.Extensions.Logging.Abstractions;
using Sora.Mailstore.Storage;

namespace Sora.Mailstore.Bodies.Objects;

/// <summary>What administrators see of whose bodies an object store keeps.</summary>
/// <param name="database">The database.</param>
/// <param name="objects">The object store that the configuration names.</param>
public sealed class OwnerAdministration(Database database, IObjectStore objects)
{
    private readonly ObjectOwner _owner = new(objects, new ObjectOwnerStore(database.Write), NullLogger.Instance);

    /// <summary>The names of the objects that say whose it is, and the name of the one that says that it is this database's.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public async Task<(IReadOnlyList<string> Found, string Ours)> ShowAsync(CancellationToken cancellationToken)
    {
        var (found, ours) = await _owner.ShowAsync(cancellationToken);
        return ([.. found.Select(static key => key.ToString())], ours.ToString());
    }

    /// <summary>Makes the store this database's. What the other one still writes there is not told apart any more.</summary>
    /// <exception cref="IOException">The store does not answer.</exception>
    public Task AdoptAsync(CancellationToken cancellationToken) => _owner.AdoptAsync(cancellationToken);
}
