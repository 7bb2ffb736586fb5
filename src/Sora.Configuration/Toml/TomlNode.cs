namespace Sora.Configuration.Toml;

/// <summary>What a <see cref="TomlNode"/> is.</summary>
public enum TomlKind
{
    Table,
    Array,
    String,
    Integer,
    Float,
    Boolean,
    OffsetDateTime,
    LocalDateTime,
    LocalDate,
    LocalTime,
}

/// <summary>A place in a document; both numbers start at 1, columns count UTF-16 units.</summary>
public readonly record struct TomlPosition(int Line, int Column);

/// <summary>A value of a TOML document and where it starts.</summary>
public abstract class TomlNode(TomlKind kind, TomlPosition position)
{
    public TomlKind Kind { get; } = kind;

    /// <summary>The first character of the value, or of the header that made the table.</summary>
    public TomlPosition Position { get; internal set; } = position;

    /// <summary>The kind as it is named in messages: "a string", "an integer".</summary>
    public string Description => Kind switch
    {
        TomlKind.Table => "a table",
        TomlKind.Array => "an array",
        TomlKind.String => "a string",
        TomlKind.Integer => "an integer",
        TomlKind.Float => "a float",
        TomlKind.Boolean => "a boolean",
        TomlKind.LocalDate => "a date",
        TomlKind.LocalTime => "a time",
        _ => "a date-time",
    };
}

/// <summary>
/// A value without children: <see cref="string"/>, <see cref="long"/>, <see cref="double"/>, <see cref="bool"/> or
/// <see cref="TomlDateTime"/>.
/// </summary>
public sealed class TomlScalar(TomlKind kind, object value, TomlPosition position) : TomlNode(kind, position)
{
    public object Value { get; } = value;
}

/// <summary>An array of values, or an array of tables (<c>[[name]]</c>).</summary>
public sealed class TomlArray : TomlNode
{
    private readonly List<TomlNode> _items = [];

    internal TomlArray(TomlPosition position, bool ofTables)
        : base(TomlKind.Array, position) => IsArrayOfTables = ofTables;

    /// <summary>Made by <c>[[name]]</c> headers: each header adds one element; a written array is closed once and for all.</summary>
    public bool IsArrayOfTables { get; }

    public IReadOnlyList<TomlNode> Items => _items;

    internal void Add(TomlNode item) => _items.Add(item);
}

/// <summary>A key of a table with its value; <paramref name="Position"/> is where the key itself stands.</summary>
public sealed record TomlEntry(string Key, TomlPosition Position, TomlNode Value);

/// <summary>A table; entries are in the order of the document.</summary>
public sealed class TomlTable : TomlNode
{
    /// <summary>
    /// Up to this many entries are looked through one by one: most tables are small, and a dictionary costs more than all their entries.
    /// </summary>
    private const int SmallTable = 8;

    private readonly List<TomlEntry> _entries = [];
    private Dictionary<string, TomlEntry>? _byKey;

    internal TomlTable(TomlPosition position, TomlTableForm form)
        : base(TomlKind.Table, position) => Form = form;

    public IReadOnlyList<TomlEntry> Entries => _entries;

    /// <summary>How the table came to be, which decides what may still be added to it.</summary>
    internal TomlTableForm Form { get; set; }

    /// <summary>The entry of a key, or null.</summary>
    public TomlEntry? Find(string key)
    {
        if (_byKey is not null)
        {
            return _byKey.GetValueOrDefault(key);
        }

        foreach (var entry in _entries)
        {
            if (string.Equals(entry.Key, key, StringComparison.Ordinal))
            {
                return entry;
            }
        }

        return null;
    }

    internal void Add(TomlEntry entry)
    {
        _entries.Add(entry);
        if (_byKey is not null)
        {
            _byKey.Add(entry.Key, entry);
        }
        else if (_entries.Count > SmallTable)
        {
            _byKey = _entries.ToDictionary(e => e.Key, StringComparer.Ordinal);
        }
    }
}

/// <summary>The ways to make a table.</summary>
internal enum TomlTableForm
{
    /// <summary>By the header of a table below it: its own header may still come, once.</summary>
    Implicit,

    /// <summary>By its own header, or as an element of an array of tables.</summary>
    Header,

    /// <summary>By a dotted key: dotted keys of the same table may add to it, headers only below it.</summary>
    Dotted,

    /// <summary>Written inline: complete.</summary>
    Inline,
}
