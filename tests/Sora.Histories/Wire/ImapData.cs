using System.Globalization;

namespace Sora.Histories.Wire;

/// <summary>The values of a response (RFC 9051 section 9): atoms and strings are text, lists are lists.</summary>
internal sealed class ImapData
{
    private readonly string _text;
    private int _at;

    private ImapData(string text, int from) => (_text, _at) = (text, from);

    /// <summary>All values from a place on.</summary>
    public static List<object> Parse(string text, int from) => new ImapData(text, from).Values('\0');

    /// <summary>UIDs of a set in the order in which they stand (RFC 4315 section 3): "4,7:9".</summary>
    public static List<uint> Set(string text)
    {
        var uids = new List<uint>();
        foreach (var range in text.Split(','))
        {
            var colon = range.IndexOf(':', StringComparison.Ordinal);
            var (first, last) = colon < 0 ? (Number(range), Number(range)) : (Number(range[..colon]), Number(range[(colon + 1)..]));
            if (Math.Abs((long)last - first) > 1_000_000)
                throw new FormatException("no set: " + text);
            for (long uid = first; first <= last ? uid <= last : uid >= last; uid += first <= last ? 1 : -1)
                uids.Add((uint)uid);
        }

        return uids;
    }

    public static uint Number(string text) => uint.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private List<object> Values(char end)
    {
        var values = new List<object>();
        while (true)
        {
            while (_at < _text.Length && _text[_at] == ' ')
                _at++;
            if (_at == _text.Length)
                return end == '\0' ? values : throw new FormatException("a list without an end: " + _text);
            if (_text[_at] == end)
            {
                _at++;
                return values;
            }

            values.Add(Value());
        }
    }

    private object Value()
    {
        switch (_text[_at])
        {
            case '(':
                _at++;
                return Values(')');
            case '"':
                var start = ++_at;
                while (_text[_at] != '"')
                    _at += _text[_at] == '\\' ? 2 : 1;
                return _text[start.._at++].Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
            case '{':
                var close = _text.IndexOf('}', _at);
                var length = (int)Number(_text[(_at + 1)..close]);
                _at = close + 3 + length;
                return _text[(close + 3).._at];
            default:
                return Atom();
        }
    }

    // BODY[HEADER.FIELDS (SUBJECT)] is one word
    private string Atom()
    {
        var start = _at;
        for (var brackets = 0; _at < _text.Length; _at++)
        {
            var c = _text[_at];
            brackets += c switch { '[' => 1, ']' => -1, _ => 0 };
            if (brackets == 0 && (c is ' ' or '(' or ')'))
                break;
        }

        return _at > start ? _text[start.._at] : throw new FormatException("no value: " + _text);
    }
}
