using Sora.Contracts;
using Sora.Mailstore.Bodies.Objects;

namespace Sora.Mailstore.Bodies.Verify;

/// <summary>Reads the store's list of one kind of objects of an account, one ahead.</summary>
internal sealed class ListReader : IAsyncDisposable
{
    private readonly IAsyncEnumerator<ObjectInfo> _list;
    private readonly ObjectKind _kind;

    private ListReader(IAsyncEnumerator<ObjectInfo> list, ObjectKind kind)
    {
        _list = list;
        _kind = kind;
    }

    /// <summary>The next object; null at the end.</summary>
    public ObjectInfo? Next { get; private set; }

    public static async Task<ListReader> OpenAsync(IObjectStore store, AccountId account, ObjectKind kind, byte[] after, CancellationToken cancellationToken)
    {
        var prefix = kind switch
        {
            ObjectKind.Staged => ObjectKey.StagedPrefix,
            ObjectKind.Pack => ObjectKey.PacksPrefixOf(account),
            _ => ObjectKey.PrefixOf(account),
        };
        var last = after.Length == 0 ? null : new ObjectKey(account, ContentHash.From(after), kind).ToString();
        var reader = new ListReader(store.ListAsync(prefix, last, cancellationToken).GetAsyncEnumerator(cancellationToken), kind);
        try
        {
            await reader.MoveAsync();
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }


    // Packs come after bodies, since no hexadecimal digit is behind a p
    public async Task MoveAsync() => Next = await _list.MoveNextAsync() && _list.Current.Key.Kind == _kind ? _list.Current : null;

    public ValueTask DisposeAsync() => _list.DisposeAsync();
}
