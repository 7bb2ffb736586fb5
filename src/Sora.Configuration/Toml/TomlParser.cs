namespace Sora.Configuration.Toml;

/// <summary>
/// The structure of a document: lines, keys, tables, arrays. Method names are those of the ABNF of TOML 1.0 where there is one.
/// </summary>
internal sealed partial class TomlParser(string text, string file, TomlLimits limits)
{
    private const char End = '\0';
    private readonly TomlTable _root = new(new TomlPosition(1, 1), TomlTableForm.Header);
    private int _at;
    private int _line = 1;
    private int _lineStart;
    private int _depth;

    private TomlPosition Here => new(_line, _at - _lineStart + 1);

    private bool AtEnd => _at >= text.Length;

    /// <summary>The next character; NUL at the end, and as NUL itself is legal nowhere, no rule takes one for the other.</summary>
    private char Next => _at < text.Length ? text[_at] : End;

    public TomlTable ReadDocument()
    {
        var table = _root;
        while (!AtEnd)
        {
            SkipBlanks();
            if (Next == '[')
            {
                table = ReadHeader();
            }
            else if (Next is not ('#' or '\r' or '\n') && !AtEnd)
            {
                ReadKeyValue(table);
            }

            SkipBlanks();
            SkipComment();
            if (!AtEnd && !TrySkipNewline())
            {
                throw Expected("the end of the line");
            }
        }

        return _root;
    }

    public TomlNode ReadSingleValue()
    {
        SkipBlanks();
        var value = ReadValue();
        SkipBlanks();
        return AtEnd ? value : throw Expected("nothing more");
    }

    private TomlTable ReadHeader()
    {
        var position = Here;
        _at++;
        var isArray = Next == '[';
        if (isArray)
        {
            _at++;
        }

        SkipBlanks();
        var key = ReadKey();
        if (Next != ']')
        {
            throw Expected("']' after the name of the table");
        }

        _at++;
        if (!isArray)
        {
            return DefineTable(key, position);
        }

        if (Next != ']')
        {
            throw Expected("']]' after the name of the table");
        }

        _at++;
        return AppendTable(key, position);
    }

    private TomlTable DefineTable(List<KeyPart> key, TomlPosition position)
    {
        var parent = Descend(key);
        var last = key[^1];
        switch (parent.Find(last.Name)?.Value)
        {
            case null:
                var table = new TomlTable(position, TomlTableForm.Header);
                parent.Add(new TomlEntry(last.Name, last.Position, table));
                return table;
            case TomlTable { Form: TomlTableForm.Implicit } implied:
                implied.Form = TomlTableForm.Header;
                implied.Position = position;
                return implied;
            case var other:
                throw AlreadyDefined(key, key.Count, other);
        }
    }

    private TomlTable AppendTable(List<KeyPart> key, TomlPosition position)
    {
        var parent = Descend(key);
        var last = key[^1];
        var array = parent.Find(last.Name)?.Value;
        if (array is null)
        {
            array = new TomlArray(position, ofTables: true);
            parent.Add(new TomlEntry(last.Name, last.Position, array));
        }

        if (array is not TomlArray { IsArrayOfTables: true } tables)
        {
            throw AlreadyDefined(key, key.Count, array);
        }

        var table = new TomlTable(position, TomlTableForm.Header);
        tables.Add(table);
        return table;
    }

    /// <summary>Goes from the root to the table that holds the last part of a header's key, and makes what is missing on the way.</summary>
    private TomlTable Descend(List<KeyPart> key)
    {
        var table = _root;
        for (var i = 0; i < key.Count - 1; i++)
        {
            switch (table.Find(key[i].Name)?.Value)
            {
                case null:
                    var made = new TomlTable(key[i].Position, TomlTableForm.Implicit);
                    table.Add(new TomlEntry(key[i].Name, key[i].Position, made));
                    table = made;
                    break;
                case TomlTable { Form: not TomlTableForm.Inline } existing:
                    table = existing;
                    break;
                case TomlArray { IsArrayOfTables: true } array:
                    table = (TomlTable)array.Items[^1];
                    break;
                case var other:
                    throw AlreadyDefined(key, i + 1, other);
            }
        }

        return table;
    }

    private void ReadKeyValue(TomlTable table)
    {
        var key = ReadKey();
        if (Next != '=')
        {
            throw Expected($"'=' after the key '{Path(key, key.Count)}'");
        }

        _at++;
        SkipBlanks();

        // Looked up before the value is read, so that the first of two faults in a line is the one that is told
        var target = DescendDotted(table, key);
        var last = key[^1];
        if (target.Find(last.Name)?.Value is { } other)
        {
            throw AlreadyDefined(key, key.Count, other);
        }

        target.Add(new TomlEntry(last.Name, last.Position, ReadValue()));
    }

    /// <summary>
    /// Dotted keys add only to tables that dotted keys made: never to one with a header, an inline one, or one another header implies.
    /// </summary>
    private TomlTable DescendDotted(TomlTable table, List<KeyPart> key)
    {
        for (var i = 0; i < key.Count - 1; i++)
        {
            switch (table.Find(key[i].Name)?.Value)
            {
                case null:
                    var made = new TomlTable(key[i].Position, TomlTableForm.Dotted);
                    table.Add(new TomlEntry(key[i].Name, key[i].Position, made));
                    table = made;
                    break;
                case TomlTable { Form: TomlTableForm.Dotted } existing:
                    table = existing;
                    break;
                case var other:
                    throw AlreadyDefined(key, i + 1, other);
            }
        }

        return table;
    }

    /// <summary>A key with its dots and the blanks after it.</summary>
    private List<KeyPart> ReadKey()
    {
        var parts = new List<KeyPart>(1);
        while (true)
        {
            var position = Here;
            parts.Add(new KeyPart(ReadSimpleKey(), position));
            SkipBlanks();
            if (Next != '.')
            {
                return parts;
            }

            if (parts.Count == limits.MaxDepth)
            {
                throw Error($"a key may have at most {limits.MaxDepth} parts");
            }

            _at++;
            SkipBlanks();
        }
    }

    private string ReadSimpleKey()
    {
        if (Next == '"')
        {
            return ReadBasicString();
        }

        if (Next == '\'')
        {
            return ReadLiteralString();
        }

        var start = _at;
        while (char.IsAsciiLetterOrDigit(Next) || Next is '_' or '-')
        {
            _at++;
        }

        return _at > start ? text[start.._at] : throw Expected("a key");
    }

    private TomlNode ReadValue()
    {
        var position = Here;
        switch (Next)
        {
            case '"':
                return new TomlScalar(TomlKind.String, StartsWith("\"\"\"") ? ReadMultilineBasicString() : ReadBasicString(), position);
            case '\'':
                return new TomlScalar(TomlKind.String, StartsWith("'''") ? ReadMultilineLiteralString() : ReadLiteralString(), position);
            case '[':
                return ReadArray(position);
            case '{':
                return ReadInlineTable(position);
            default:
                return ReadPlainValue(position);
        }
    }

    private TomlArray ReadArray(TomlPosition position)
    {
        Enter();
        var array = new TomlArray(position, ofTables: false);
        while (true)
        {
            SkipBlanksCommentsNewlines();
            if (Next == ']')
            {
                break;
            }

            if (AtEnd)
            {
                throw Unclosed("array", "]", position);
            }

            array.Add(ReadValue());
            SkipBlanksCommentsNewlines();
            if (Next == ',')
            {
                _at++;
            }
            else if (Next != ']')
            {
                throw AtEnd ? Unclosed("array", "]", position) : Expected("',' or ']' in the array");
            }
        }

        _at++;
        _depth--;
        return array;
    }

    private TomlTable ReadInlineTable(TomlPosition position)
    {
        Enter();
        var table = new TomlTable(position, TomlTableForm.Inline);
        SkipBlanks();
        if (Next != '}')
        {
            while (true)
            {
                SkipBlanks();
                ReadKeyValue(table);
                SkipBlanks();
                if (Next == '}')
                {
                    break;
                }

                if (Next != ',')
                {
                    throw Next is '\n' or '\r' or '#'
                        ? Error("an inline table stands on one line; expected ',' or '}'")
                        : Expected("',' or '}' in the inline table");
                }

                _at++;
            }
        }

        _at++;
        _depth--;
        return table;
    }

    private void Enter()
    {
        if (++_depth > limits.MaxDepth)
        {
            throw Error($"arrays and inline tables may be nested at most {limits.MaxDepth} levels deep");
        }

        _at++;
    }

    private void SkipBlanks()
    {
        while (Next is ' ' or '\t')
        {
            _at++;
        }
    }

    private void SkipBlanksCommentsNewlines()
    {
        do
        {
            SkipBlanks();
            SkipComment();
        }
        while (TrySkipNewline());
    }

    private void SkipComment()
    {
        if (Next != '#')
        {
            return;
        }

        while (!AtEnd && Next != '\n' && !StartsWith("\r\n"))
        {
            if (IsForbidden(Next))
            {
                throw ForbiddenCharacter("a comment");
            }

            _at++;
        }
    }

    private bool TrySkipNewline()
    {
        if (Next == '\r' && !StartsWith("\r\n"))
        {
            throw Error("a carriage return (U+000D) must be followed by a line feed");
        }

        if (Next is not ('\r' or '\n'))
        {
            return false;
        }

        _at += Next == '\r' ? 2 : 1;
        _line++;
        _lineStart = _at;
        return true;
    }

    private bool StartsWith(string token) => string.CompareOrdinal(text, _at, token, 0, token.Length) == 0;

    /// <summary>Control characters other than the tab stand in no comment and in no string.</summary>
    private static bool IsForbidden(char c) => c is < ' ' and not '\t' or '\x7F';

    private static string Path(List<KeyPart> key, int parts) => string.Join('.', key.Take(parts).Select(p => TomlText.Key(p.Name)));

    private TomlException AlreadyDefined(List<KeyPart> key, int parts, TomlNode other)
    {
        var what = other switch
        {
            TomlArray { IsArrayOfTables: true } => "an array of tables",
            TomlTable { Form: TomlTableForm.Inline } => "an inline table, which is complete where it stands",
            _ => other.Description,
        };
        return new TomlException(
            file, key[parts - 1].Position, $"'{Path(key, parts)}' is already defined in line {other.Position.Line} as {what}");
    }

    private TomlException Unclosed(string what, string close, TomlPosition start) =>
        Error($"expected '{close}' for the {what} that starts in line {start.Line}, found the end of the file");

    private TomlException ForbiddenCharacter(string where) =>
        Error($"the control character U+{(int)Next:X4} is not allowed in {where}");

    private TomlException Expected(string what) => Error($"expected {what}, found {DescribeNext()}");

    private TomlException Error(string reason) => new(file, Here, reason);

    private string DescribeNext()
    {
        if (AtEnd)
        {
            return "the end of the file";
        }

        if (Next is '\r' or '\n')
        {
            return "the end of the line";
        }

        var length = char.IsHighSurrogate(Next) && _at + 1 < text.Length ? 2 : 1;
        return char.IsControl(Next) ? $"the control character U+{(int)Next:X4}" : $"'{text.AsSpan(_at, length)}'";
    }

    private readonly record struct KeyPart(string Name, TomlPosition Position);
}
