using System.Collections.Concurrent;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Fetch;

/// <summary>
/// Previews that were made before, of all connections; contents never change, so they stay right. Two generations: when the young one is full, it
/// becomes the old one, and what was not asked for since then is forgotten.
/// </summary>
internal sealed class PreviewCache(int capacity)
{
    private readonly Lock _lock = new();
    private ConcurrentDictionary<ContentId, string> _young = [];
    private ConcurrentDictionary<ContentId, string> _old = [];

    public string? Find(ContentId content)
    {
        if (_young.TryGetValue(content, out var preview))
            return preview;
        if (!_old.TryGetValue(content, out preview))
            return null;
        Add(content, preview);
        return preview;
    }

    public void Add(ContentId content, string preview)
    {
        if (capacity == 0 || !_young.TryAdd(content, preview) || _young.Count <= capacity / 2)
            return;
        lock (_lock)
        {
            if (_young.Count <= capacity / 2)
                return;
            _old = _young;
            _young = [];
        }
    }
}
