using System.Text;
using Sora.Configuration.Toml;

namespace Sora.Configuration.Tests;

public sealed class TomlReaderTests
{
    [Theory]

    // the document: blanks, comments, newlines
    [InlineData("", "{}")]
    [InlineData(" \t\n\r\n# only a comment", "{}")]
    [InlineData("a=1", "{a: 1}")]
    [InlineData("\t a \t=\t1 \t# why\r\nb = 2\r\n", "{a: 1, b: 2}")]
    [InlineData("a = 1 # tab\tand ünïcode ☃ are fine", "{a: 1}")]
    [InlineData("\uFEFFa = 1", "{a: 1}")]

    // keys
    [InlineData("a-b_C9 = 1\n1234 = 2\n- = 3", "{a-b_C9: 1, 1234: 2, -: 3}")]
    [InlineData("\"a b\" = 1\n'c\\d' = 2\n\"\" = 3\n\"\\u00e9\" = 4", "{a b: 1, c\\d: 2, '': 3, é: 4}")]
    [InlineData("a.b.c = 1\na.b.d = 2\na . 'x.y' = 3", "{a: {b: {c: 1, d: 2}, x.y: 3}}")]
    [InlineData("3.14 = 1", "{3: {14: 1}}")]
    [InlineData("true = 1\ninf = 2\n2026-07-01 = 3", "{true: 1, inf: 2, 2026-07-01: 3}")]

    // strings
    [InlineData("a = \"\"\nb = ''", "{a: '', b: ''}")]
    [InlineData(@"a = ""\b\t\n\f\r\""\\\u00E9\U0001F600""", "{a: '\b\\t\\n\f\\r\"\\é\U0001F600'}")]
    [InlineData(@"a = 'C:\n\""#'", "{a: 'C:\\n\\\"#'}")]
    [InlineData("a = \"\"\"\nx\r\ny\"\"\"", "{a: 'x\\ny'}")]
    [InlineData("a = \"\"\"x \\  \n\n   \t y\"\"\"", "{a: 'x y'}")]
    [InlineData("a = \"\"\"\\\r\n  x\"\"\"", "{a: 'x'}")]
    [InlineData("a = \"\"\"\"x\"\"\"\"\"", "{a: '\"x\"\"'}")]
    [InlineData("a = \"\"\"x\"\"y\"\"\"", "{a: 'x\"\"y'}")]
    [InlineData("a = \"\"\"\"\"\"\nb = ''''''", "{a: '', b: ''}")]
    [InlineData("a = '''\n\n'x' \\ \"\n'''''", "{a: '\\n'x' \\ \"\\n'''}")]

    // integers
    [InlineData("a = [0, +0, -0, +99, -17, 1_000, 5_3_4]", "{a: [0, 0, 0, 99, -17, 1000, 534]}")]
    [InlineData("a = [0xDEADbeef, 0xdead_BEEF, 0o01_7, 0b1101_0010, 0x0]", "{a: [3735928559, 3735928559, 15, 210, 0]}")]
    [InlineData("a = [9223372036854775807, -9223372036854775808, 0x7FFFFFFFFFFFFFFF]", "{a: [9223372036854775807, -9223372036854775808, 9223372036854775807]}")]

    // floats
    [InlineData("a = [1.0, -0.01, 5e+22, 1e06, -2E-2, 6.626e-34, 9_0.0_1, 1.5e-3]", "{a: [1f, -0.01f, 5E+22f, 1000000f, -0.02f, 6.626E-34f, 90.01f, 0.0015f]}")]
    [InlineData("a = [inf, +inf, -inf, nan, -nan, 0.0, -0.0, 0e0, 1e00]", "{a: [Infinityf, Infinityf, -Infinityf, NaNf, NaNf, 0f, -0f, 0f, 1f]}")]

    // dates and times
    [InlineData("a = 2026-07-01T08:09:10Z", "{a: OffsetDateTime(2026-07-01T08:09:10Z)}")]
    [InlineData("a = 2026-07-01t08:09:10.123456789-07:30", "{a: OffsetDateTime(2026-07-01T08:09:10.123456789-07:30)}")]
    [InlineData("a = 2026-07-01 08:09:10z # late", "{a: OffsetDateTime(2026-07-01T08:09:10Z)}")]
    [InlineData("a = 2026-07-01 08:09:10.50", "{a: LocalDateTime(2026-07-01T08:09:10.5)}")]
    [InlineData("a = 2024-02-29 # leap day", "{a: LocalDate(2024-02-29)}")]
    [InlineData("a = [0000-02-29,9999-12-31]", "{a: [LocalDate(0000-02-29), LocalDate(9999-12-31)]}")]
    [InlineData("a = [00:00:00,23:59:60.9999999999]", "{a: [LocalTime(00:00:00), LocalTime(23:59:60.999999999)]}")]

    // arrays
    [InlineData("a = []\nb = [ [ ], [[1]] ]", "{a: [], b: [[], [[1]]]}")]
    [InlineData("a = [1, 'x', 2.5, true, {k = [2]}, 2026-07-01,]", "{a: [1, 'x', 2.5f, true, {k: [2]}, LocalDate(2026-07-01)]}")]
    [InlineData("a = [ # one\r\n  1 # two\n  , # three\n\n 2\n # four\n]", "{a: [1, 2]}")]

    // inline tables
    [InlineData("a = {}\nb = { }", "{a: {}, b: {}}")]
    [InlineData("a = { x.y = 1, x.z = 2, 'q' = { r = \"\"\"\n3\"\"\" }, s = [\n4\n] }", "{a: {x: {y: 1, z: 2}, q: {r: '3'}, s: [4]}}")]

    // tables
    [InlineData("[a]\n[a.b]\nx = 1\n[ a . c ]\n[d]", "{a: {b: {x: 1}, c: {}}, d: {}}")]
    [InlineData("[a.b.c]\nx = 1\n[a]\ny = 2\n[a.b]\nz = 3", "{a: {b: {c: {x: 1}, z: 3}, y: 2}}")]
    [InlineData("[a]\nb.c = 1\n[a.b.d]\nx = 2\n[a.e]", "{a: {b: {c: 1, d: {x: 2}}, e: {}}}")]
    [InlineData("a.b = 1\n[a.c]\nx = 2", "{a: {b: 1, c: {x: 2}}}")]

    // arrays of tables
    [InlineData("[[a]]\nx = 1\n[[a]]\n[[a]]\nx = 3", "{a: [{x: 1}, {}, {x: 3}]}")]
    [InlineData("[[a]]\n[a.b]\nx = 1\n[[a.c]]\ny = 2\n[[a.c]]\n[[a]]\n[a.b]\nx = 3", "{a: [{b: {x: 1}, c: [{y: 2}, {}]}, {b: {x: 3}}]}")]
    [InlineData("[[a.b]]\n[a]\nx = 1", "{a: {b: [{}], x: 1}}")]
    public void Reads(string toml, string expected) => TomlJson.Show(TomlReader.Read(toml, "t")).ShouldBe(expected);

    [Theory]

    // the document
    [InlineData("a = 1 b = 2", "1:7: expected the end of the line, found 'b'")]
    [InlineData("a = 1\rb = 2", "1:6: a carriage return")]
    [InlineData("# a\rb", "1:4: the control character U+000D is not allowed in a comment")]
    [InlineData("# \u0001", "1:3: the control character U+0001 is not allowed in a comment")]
    [InlineData("# \u007F", "1:3: the control character U+007F is not allowed in a comment")]
    [InlineData("a = 1\0", "1:6: expected the end of the line, found the control character U+0000")]
    [InlineData("a = 1\n\fb = 2", "2:1: expected a key, found the control character U+000C")]
    [InlineData("a = 1\n\uFEFFb = 2", "2:1: expected a key")]

    // keys
    [InlineData("a", "1:2: expected '=' after the key 'a', found the end of the file")]
    [InlineData("a =", "1:4: expected a value, found the end of the file")]
    [InlineData("a =\n1", "1:4: expected a value, found the end of the line")]
    [InlineData("= 1", "1:1: expected a key, found '='")]
    [InlineData("a. = 1", "1:4: expected a key, found '='")]
    [InlineData(".a = 1", "1:1: expected a key, found '.'")]
    [InlineData("a..b = 1", "1:3: expected a key, found '.'")]
    [InlineData("ä = 1", "1:1: expected a key, found 'ä'")]
    [InlineData("a b = 1", "1:3: expected '=' after the key 'a', found 'b'")]
    [InlineData("\"\"\"a\"\"\" = 1", "1:3: expected '=' after the key '\"\"'")]
    [InlineData("\"a\n\" = 1", "1:3: expected \" before the end of the line")]
    [InlineData("a = 1\n\"a\" = 2", "2:1: 'a' is already defined in line 1 as an integer")]
    [InlineData("a = 1\na.b = 2", "2:1: 'a' is already defined in line 1 as an integer")]
    [InlineData("a.b = 1\na = 2", "2:1: 'a' is already defined in line 1 as a table")]
    [InlineData("a.b.c = 1\na.b = 2", "2:3: 'a.b' is already defined in line 1 as a table")]

    // strings
    [InlineData("a = \"x", "1:7: expected '\"' for the string that starts in line 1, found the end of the file")]
    [InlineData("a = \"x\n\"", "1:7: expected \" before the end of the line")]
    [InlineData("a = 'x\r\n'", "1:7: expected ' before the end of the line")]
    [InlineData("a = \"\"\"\nx\"\"", "2:4: expected '\"\"\"' for the string that starts in line 1")]
    [InlineData("a = '''\nx''", "2:4: expected '''''")]
    [InlineData("a = \"\"\"x\"\"\"\"\"\"", "1:14: expected the end of the line, found '\"'")]
    [InlineData("a = \"\\e\"", "1:6: expected one of the escapes")]
    [InlineData("a = \"\\x41\"", "1:6: expected one of the escapes")]
    [InlineData("a = \"\"\"x \\ y\"\"\"", "1:10: expected one of the escapes")]
    [InlineData("a = \"\\u12G4\"", "1:6: expected 4 hexadecimal digits")]
    [InlineData("a = \"\\U0000", "1:6: expected 8 hexadecimal digits")]
    [InlineData("a = \"\\uD800\"", "1:6: U+D800 is not a Unicode scalar value")]
    [InlineData("a = \"\\U00110000\"", "1:6: U+110000 is not a Unicode scalar value")]
    [InlineData("a = \"\u0000\"", "1:6: the control character U+0000 is not allowed in a string")]
    [InlineData("a = '\u001F'", "1:6: the control character U+001F is not allowed in a string")]
    [InlineData("a = \"\"\"\u007F\"\"\"", "1:8: the control character U+007F is not allowed in a string")]
    [InlineData("a = '''x\ry'''", "1:9: a carriage return")]

    // numbers
    [InlineData("a = 50mb", "1:5: this is not a value; a string stands in quotes")]
    [InlineData("a = 012", "1:5: this is not a value")]
    [InlineData("a = +-1", "1:5: this is not a value")]
    [InlineData("a = 1__0", "1:5: this is not a value")]
    [InlineData("a = _1", "1:5: this is not a value")]
    [InlineData("a = 1_", "1:5: this is not a value")]
    [InlineData("a = 0x", "1:5: this is not a value")]
    [InlineData("a = +0x1", "1:5: this is not a value")]
    [InlineData("a = 0xG", "1:5: this is not a value")]
    [InlineData("a = 0x_1", "1:5: this is not a value")]
    [InlineData("a = 0b2", "1:5: this is not a value")]
    [InlineData("a = 0o8", "1:5: this is not a value")]
    [InlineData("a = 0X1", "1:5: this is not a value")]
    [InlineData("a = 9223372036854775808", "1:5: this number does not fit into 64 bits")]
    [InlineData("a = -9223372036854775809", "1:5: this number does not fit into 64 bits")]
    [InlineData("a = 0x8000000000000000", "1:5: this number does not fit into 64 bits")]
    [InlineData("a = 1e999", "1:5: this number does not fit into 64 bits")]
    [InlineData("a = 1.", "1:5: this is not a value")]
    [InlineData("a = .5", "1:5: this is not a value")]
    [InlineData("a = 1.e2", "1:5: this is not a value")]
    [InlineData("a = 1._5", "1:5: this is not a value")]
    [InlineData("a = 1e", "1:5: this is not a value")]
    [InlineData("a = 1e1.5", "1:5: this is not a value")]
    [InlineData("a = 00.5", "1:5: this is not a value")]
    [InlineData("a = Inf", "1:5: this is not a value")]
    [InlineData("a = True", "1:5: this is not a value")]

    // dates and times
    [InlineData("a = 2026-02-29", "1:5: this is not a date or time")]
    [InlineData("a = 2026-13-01", "1:5: this is not a date or time")]
    [InlineData("a = 2026-00-01", "1:5: this is not a date or time")]
    [InlineData("a = 2026-1-01", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T10:00", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T24:00:00", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T10:60:00Z", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T10:00:61Z", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T10:00:00.Z", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T10:00:00+24:00", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01T10:00:00+0100", "1:5: this is not a date or time")]
    [InlineData("a = 10:00:00Z", "1:5: this is not a date or time")]
    [InlineData("a = 2026-01-01  10:00:00", "1:17: expected the end of the line, found '1'")]

    // arrays and inline tables
    [InlineData("a = [1", "1:7: expected ']' for the array that starts in line 1, found the end of the file")]
    [InlineData("a = [\n1 2]", "2:3: expected ',' or ']' in the array, found '2'")]
    [InlineData("a = [,]", "1:6: expected a value, found ','")]
    [InlineData("a = [1,,2]", "1:8: expected a value, found ','")]
    [InlineData("a = [1]]", "1:8: expected the end of the line, found ']'")]
    [InlineData("a = {x = 1", "1:11: expected ',' or '}' in the inline table, found the end of the file")]
    [InlineData("a = {x = 1,}", "1:12: expected a key, found '}'")]
    [InlineData("a = {,}", "1:6: expected a key, found ','")]
    [InlineData("a = {x = 1\n}", "1:11: an inline table stands on one line")]
    [InlineData("a = {\nx = 1}", "1:6: expected a key, found the end of the line")]
    [InlineData("a = {x = 1, x = 2}", "1:13: 'x' is already defined")]
    [InlineData("a = {x = {y = 1}, x.z = 2}", "1:19: 'x' is already defined in line 1 as an inline table")]
    [InlineData("a = {}\na.b = 1", "2:1: 'a' is already defined in line 1 as an inline table")]
    [InlineData("a = {}\n[a.b]", "2:2: 'a' is already defined in line 1 as an inline table")]
    [InlineData("a = {b.c = 1}\n[a.b.d]", "2:2: 'a' is already defined in line 1 as an inline table")]
    [InlineData("a = {}\n[a]", "2:2: 'a' is already defined in line 1 as an inline table")]

    // tables
    [InlineData("[]", "1:2: expected a key, found ']'")]
    [InlineData("[a", "1:3: expected ']' after the name of the table, found the end of the file")]
    [InlineData("[a b]", "1:4: expected ']' after the name of the table, found 'b'")]
    [InlineData("[a\n]", "1:3: expected ']' after the name of the table, found the end of the line")]
    [InlineData("[a] x = 1", "1:5: expected the end of the line, found 'x'")]
    [InlineData("[[a]", "1:5: expected ']]' after the name of the table")]
    [InlineData("[[a] ]", "1:5: expected ']]' after the name of the table")]
    [InlineData("[ [a]]", "1:3: expected a key, found '['")]
    [InlineData("[a]\n[a]", "2:2: 'a' is already defined in line 1 as a table")]
    [InlineData("[a.b]\n[a]\n[a.b]", "3:4: 'a.b' is already defined in line 1 as a table")]
    [InlineData("[a]\nb = 1\n[a.b]", "3:4: 'a.b' is already defined in line 2 as an integer")]
    [InlineData("[a]\nb.c = 1\n[a.b]", "3:4: 'a.b' is already defined in line 2 as a table")]
    [InlineData("[a.b.c]\n[a]\nb.d = 1", "3:1: 'b' is already defined in line 1 as a table")]
    [InlineData("[a.b]\n[a]\nb.d = 1", "3:1: 'b' is already defined in line 1 as a table")]
    [InlineData("a.b = 1\n[a]", "2:2: 'a' is already defined in line 1 as a table")]
    [InlineData("a = 1\n[a.b]", "2:2: 'a' is already defined in line 1 as an integer")]

    // arrays of tables
    [InlineData("[a]\n[[a]]", "2:3: 'a' is already defined in line 1 as a table")]
    [InlineData("[[a]]\n[a]", "2:2: 'a' is already defined in line 1 as an array of tables")]
    [InlineData("[a.b]\n[[a]]", "2:3: 'a' is already defined in line 1 as a table")]
    [InlineData("a = []\n[[a]]", "2:3: 'a' is already defined in line 1 as an array")]
    [InlineData("a = [{}]\n[a.b]", "2:2: 'a' is already defined in line 1 as an array")]
    [InlineData("[[a.b]]\n[a]\nb.c = 1", "3:1: 'b' is already defined in line 1 as an array of tables")]
    public void Refuses(string toml, string message) =>
        Should.Throw<TomlException>(() => TomlReader.Read(toml, "t")).Message.ShouldStartWith("t:" + message);

    [Theory]
    [InlineData("# \xFF", 1, 3)]
    [InlineData("a = 'x'\n\xC3\xA9 \xC0\x80", 2, 3)]
    [InlineData("a = '\xED\xA0\x80'", 1, 6)]
    [InlineData("a = '\xF4\x90\x80\x80'", 1, 6)]
    [InlineData("a = '\xE2\x82", 1, 6)]
    public void RefusesBytesThatAreNotUtf8(string latin1, int line, int column)
    {
        var error = Should.Throw<TomlException>(() => TomlReader.Read(Encoding.Latin1.GetBytes(latin1), "t"));
        error.Position.ShouldBe(new TomlPosition(line, column));
        error.Reason.ShouldEndWith("is not UTF-8");
    }

    [Fact]
    public void EveryNodeKnowsItsPlace()
    {
        var root = TomlReader.Read("a = 1\n\n[b]\n  c.d = [ 'x',\n 2 ]\n[[e]]\n[[e]]\n", "t");
        var b = (TomlTable)root.Find("b")!.Value;
        var d = ((TomlTable)b.Find("c")!.Value).Find("d")!;
        var e = (TomlArray)root.Find("e")!.Value;

        root.Find("a")!.Value.Position.ShouldBe(new TomlPosition(1, 5));
        b.Position.ShouldBe(new TomlPosition(3, 1));
        d.Position.ShouldBe(new TomlPosition(4, 5));
        ((TomlArray)d.Value).Items.Select(i => i.Position).ShouldBe([new TomlPosition(4, 11), new TomlPosition(5, 2)]);
        e.Items.Select(i => i.Position.Line).ShouldBe([6, 7]);
    }

    [Fact]
    public void ALargeTableFindsAndRefusesKeysAsASmallOneDoes()
    {
        var toml = string.Concat(Enumerable.Range(1, 30).Select(i => $"k{i} = {i}\n"));
        var table = TomlReader.Read(toml, "t");
        for (var i = 1; i <= 30; i++)
        {
            ((TomlScalar)table.Find($"k{i}")!.Value).Value.ShouldBe((long)i);
            Should.Throw<TomlException>(() => TomlReader.Read($"{toml}k{i} = 0", "t")).Message.ShouldBe($"t:31:1: 'k{i}' is already defined in line {i} as an integer");
        }

        table.Find("k31").ShouldBeNull();
    }

    [Fact]
    public void DepthAndSizeAreLimited()
    {
        var limits = new TomlLimits { MaxBytes = 40, MaxDepth = 3 };
        TomlJson.Show(TomlReader.Read("a = [[[1]]]\na1.b.c = 1", "t", limits)).ShouldBe("{a: [[[1]]], a1: {b: {c: 1}}}");

        Should.Throw<TomlException>(() => TomlReader.Read("a = [[[[1]]]]", "t", limits)).Message.ShouldContain("at most 3 levels");
        Should.Throw<TomlException>(() => TomlReader.Read("a = [{b = [[]]}]", "t", limits)).Message.ShouldContain("at most 3 levels");
        Should.Throw<TomlException>(() => TomlReader.Read("[a.b.c.d]", "t", limits)).Message.ShouldContain("at most 3 parts");
        Should.Throw<TomlException>(() => TomlReader.Read(new string('\n', 41), "t", limits)).Message.ShouldContain("larger than 40");
        Should.Throw<TomlException>(() => TomlReader.Read("a = " + new string('[', 1_000_000), "t")).Message.ShouldContain("at most 64 levels");
    }

    [Theory]
    [InlineData(" [1, 'x'] ", "[1, 'x']")]
    [InlineData("{ a.b = 1 }", "{a: {b: 1}}")]
    public void ReadsOneValue(string text, string expected) => TomlJson.Show(TomlReader.ReadValue(text, "t")).ShouldBe(expected);

    [Theory]
    [InlineData("")]
    [InlineData("[1] 2")]
    [InlineData("a = 1")]
    [InlineData("1\n")]
    public void RefusesOtherThanOneValue(string text) => Should.Throw<TomlException>(() => TomlReader.ReadValue(text, "t"));
}
