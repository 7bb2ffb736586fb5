using System.Globalization;
using System.Text;

namespace Sora.EndToEnd.Tests.Wire;

/// <summary>
/// One response (RFC 9051 section 7), taken apart. Status responses (OK, NO, BAD, BYE, PREAUTH) keep their text; all others are values.
/// </summary>
internal sealed class ImapResponse
{
    private readonly byte[] _bytes;
    private int _at;

    private ImapResponse(byte[] bytes)
    {
        _bytes = bytes;
        Tag = Word();
        if (Tag == "+")
        {
            Status = "+";
            Text = Encoding.UTF8.GetString(bytes.AsSpan(Math.Min(_at + 1, bytes.Length)));
            return;
        }

        Expect(' ');
        var start = _at;
        var word = Word();
        if (word is "OK" or "NO" or "BAD" or "BYE" or "PREAUTH")
        {
            Status = word;
            Text = _at < bytes.Length ? Encoding.UTF8.GetString(bytes.AsSpan(_at + 1)) : "";
            return;
        }

        Tag.ShouldBe("*", "a tagged response is OK, NO or BAD: " + this);
        _at = start;
        Values = Sequence(end: 0);
        _at.ShouldBe(bytes.Length, "more than the response: " + this);
        if (Values.Count > 1 && uint.TryParse(Values[0].Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            (Number, Name) = (number, Values[1].Text.ToUpperInvariant());
        else
            Name = Values[0].Text.ToUpperInvariant();
    }

    /// <summary>The tag, "*" or "+".</summary>
    public string Tag { get; }

    /// <summary>OK, NO, BAD, BYE, PREAUTH or +; null for data.</summary>
    public string? Status { get; }

    /// <summary>What follows the status.</summary>
    public string Text { get; } = "";

    /// <summary>The name of the data, in capitals: EXISTS, FETCH, LIST, ...</summary>
    public string Name { get; } = "";

    /// <summary>The number before the name of EXISTS, RECENT, EXPUNGE and FETCH.</summary>
    public uint Number { get; }

    public IReadOnlyList<ImapValue> Values { get; } = [];

    /// <summary>The response code's name, in capitals; empty when there is none.</summary>
    public string Code => Text.StartsWith('[') ? Text[1..Text.IndexOfAny([' ', ']'])].ToUpperInvariant() : "";

    /// <summary>What stands after the response code's name.</summary>
    public string CodeData => Text[(Code.Length + 1)..Text.IndexOf(']', StringComparison.Ordinal)].Trim();

    public static ImapResponse Parse(byte[] bytes) => new(bytes);

    /// <summary>An item of a FETCH response; null when it is not in it.</summary>
    public ImapValue? Item(string name)
    {
        var items = Values[2].Items;
        for (var i = 0; i < items.Count; i += 2)
        {
            if (items[i].Is(name))
                return items[i + 1];
        }

        return null;
    }

    public override string ToString() => Encoding.UTF8.GetString(_bytes.AsSpan(0, Math.Min(_bytes.Length, 400)));

    private List<ImapValue> Sequence(byte end)
    {
        var values = new List<ImapValue>();
        if (_at < _bytes.Length && _bytes[_at] == end)
            return values;
        while (true)
        {
            values.Add(Value());
            if (_at == _bytes.Length || _bytes[_at] == end)
                return values;

            // Addresses and body parts stand together without a blank: (("a" NIL)("b" NIL))
            if (_bytes[_at] != '(' || values[^1].Kind != ImapValueKind.List)
                Expect(' ');
        }
    }

    private ImapValue Value()
    {
        (_at < _bytes.Length).ShouldBeTrue("a value is missing: " + this);
        switch ((char)_bytes[_at])
        {
            case '(':
                _at++;
                var items = Sequence((byte)')');
                Expect(')');
                return ImapValue.List(items);
            case '"':
                return Quoted();
            case '{' or '~':
                return Literal();
            default:
                var start = _at;
                Atom();
                (_at > start).ShouldBeTrue("an atom is missing: " + this);
                return ImapValue.Atom(_bytes[start.._at]);
        }
    }

    private ImapValue Quoted()
    {
        var text = new MemoryStream();
        for (_at++; _bytes[_at] != '"'; _at++)
        {
            if (_bytes[_at] == '\\')
            {
                _at++;
                (_bytes[_at] is (byte)'"' or (byte)'\\').ShouldBeTrue("a backslash before another character: " + this);
            }

            (_bytes[_at] is not ((byte)'\r' or (byte)'\n' or 0)).ShouldBeTrue("a quoted string over the line's end: " + this);
            text.WriteByte(_bytes[_at]);
        }

        _at++;
        return ImapValue.Quoted(text.ToArray());
    }

    private ImapValue Literal()
    {
        var open = Array.IndexOf(_bytes, (byte)'{', _at);
        var close = Array.IndexOf(_bytes, (byte)'}', open);
        var length = int.Parse(Encoding.ASCII.GetString(_bytes.AsSpan((open + 1)..close)), NumberStyles.None, CultureInfo.InvariantCulture);
        _at = close + 1;
        Expect('\r');
        Expect('\n');
        _at += length;
        return ImapValue.Quoted(_bytes[(_at - length).._at]);
    }

    // BODY[HEADER.FIELDS (SUBJECT "X")]<0> is one word
    private void Atom()
    {
        var brackets = 0;
        for (; _at < _bytes.Length; _at++)
        {
            var c = (char)_bytes[_at];
            brackets += c switch { '[' => 1, ']' => -1, _ => 0 };
            if (brackets == 0 && (c is ' ' or '(' or ')' or '"' or '{'))
                return;
        }
    }

    private string Word()
    {
        var start = _at;
        while (_at < _bytes.Length && _bytes[_at] != ' ')
            _at++;
        return Encoding.UTF8.GetString(_bytes.AsSpan(start.._at));
    }

    private void Expect(char c)
    {
        (_at < _bytes.Length && _bytes[_at] == c).ShouldBeTrue($"'{c}' expected at {_at}: {this}");
        _at++;
    }
}
