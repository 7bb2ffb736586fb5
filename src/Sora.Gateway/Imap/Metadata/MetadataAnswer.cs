using Sora.Contracts;

namespace Sora.Gateway.Imap.Metadata;

/// <summary>Collects what one GETMETADATA response says of one mailbox or of the server.</summary>
internal sealed class MetadataAnswer(IReadOnlyList<string> asked, MetadataDepth depth, long maxSize)
{
    private readonly List<(string Name, byte[]? Value, bool IsTooLong)> _found = [];

    /// <summary>Size of the largest value that was left out because of MAXSIZE; 0 when none was.</summary>
    public long LongestLeftOut { get; private set; }

    public void Add(Annotation annotation) => Add(annotation.Name, annotation.Value, annotation.Size);

    /// <summary>Adds an annotation that the server makes up, if it is asked for and has a value.</summary>
    public void AddComputed(string name, byte[]? value)
    {
        if (value is null)
            return;
        for (var i = 0; i < asked.Count; i++)
        {
            if (IsAskedFor(name, asked[i]))
            {
                Add(name, value, value.Length);
                return;
            }
        }
    }

    /// <summary>
    /// What to answer. An entry that was named and does not exist is NIL; when those below are asked for too, only what exists is told (RFC
    /// 5464 section 4.2.2).
    /// </summary>
    public IReadOnlyList<MetadataEntry> Entries()
    {
        var entries = new List<MetadataEntry>();
        if (depth != MetadataDepth.Zero)
        {
            foreach (var (name, value, isTooLong) in _found)
            {
                if (!isTooLong)
                    entries.Add(new MetadataEntry(name, value));
            }

            return entries;
        }

        foreach (var name in asked)
        {
            var found = _found.FindIndex(candidate => candidate.Name.Equals(name, StringComparison.OrdinalIgnoreCase));
            if (found < 0)
                entries.Add(new MetadataEntry(name, null));
            else if (!_found[found].IsTooLong)
                entries.Add(new MetadataEntry(name, _found[found].Value));
        }

        return entries;
    }

    private void Add(string name, byte[]? value, long size)
    {
        if (size > maxSize)
            LongestLeftOut = Math.Max(LongestLeftOut, size);
        _found.Add((name, value, size > maxSize));
    }

    private bool IsAskedFor(string name, string entry)
    {
        if (name.Equals(entry, StringComparison.OrdinalIgnoreCase))
            return true;
        return depth != MetadataDepth.Zero && name.Length > entry.Length && name[entry.Length] == '/'
            && name.StartsWith(entry, StringComparison.OrdinalIgnoreCase)
            && (depth == MetadataDepth.Infinity || name.IndexOf('/', entry.Length + 1) < 0);
    }
}
