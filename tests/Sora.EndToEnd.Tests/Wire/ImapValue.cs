using System.Globalization;
using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

internal enum ImapValueKind
{
    Atom,
    Text,
    List,
}

/// <summary>An atom (NIL is one), a quoted string or literal, or a parenthesised list.</summary>
internal sealed class ImapValue
{
    private ImapValue(ImapValueKind kind, byte[] bytes, IReadOnlyList<ImapValue> items) => (Kind, Bytes, Items) = (kind, bytes, items);

    public ImapValueKind Kind { get; }

    /// <summary>Of an atom or a text.</summary>
    public byte[] Bytes { get; }

    public IReadOnlyList<ImapValue> Items { get; }

    public string Text => Encoding.UTF8.GetString(Bytes);

    public uint Number => uint.Parse(Text, NumberStyles.None, CultureInfo.InvariantCulture);

    public static ImapValue Atom(byte[] bytes) => new(ImapValueKind.Atom, bytes, []);

    public static ImapValue Quoted(byte[] bytes) => new(ImapValueKind.Text, bytes, []);

    public static ImapValue List(IReadOnlyList<ImapValue> items) => new(ImapValueKind.List, [], items);

    public bool Is(string atom) => Kind == ImapValueKind.Atom && Text.Equals(atom, StringComparison.OrdinalIgnoreCase);

    public override string ToString() => Kind switch
    {
        ImapValueKind.List => '(' + string.Join(' ', Items) + ')',
        ImapValueKind.Text => '"' + (Bytes.Length > 200 ? Text[..200] + "…" : Text) + '"',
        _ => Text,
    };
}
