using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>Makes scripts out of the grammar, most of them without errors.</summary>
internal sealed class ScriptGenerator(Random random, bool isDelivery = true)
{
    private readonly StringBuilder _script = new();
    private int _budget = 60;

    public string Script()
    {
        var capabilities = SieveCapabilities.All.Where(name => isDelivery || name is not ("reject" or "ereject" or "vacation" or "vacation-seconds"));
        _script.Append($"require [{string.Join(", ", capabilities.Select(static name => $"\"{name}\""))}];\r\n");
        Commands(0);
        return _script.ToString();
    }

    private void Commands(int depth)
    {
        for (var i = random.Next(1, 6); i > 0 && _budget-- > 0; i--)
            Command(depth);
    }

    private void Command(int depth)
    {
        var command = random.Next(depth < 6 ? 15 : 11);
        switch (isDelivery || command is not 8 ? command : 0)
        {
            case 9:
                _script.Append(Pick(
                    $"report {Pick("", ":headers_only ")}\"abuse\" {Value()} \"desk@example.org\";\r\n",
                    $"convert \"text/{Pick("plain", "html")}\" \"{Pick("text/html", "text/plain", "image/png")}\" \"\";\r\n",
                    $"redirect {Pick(":copy ", ":notify \"NEVER\" ", ":ret \"FULL\" ", ":bytimerelative 60 :bymode \"notify\" ", ":list ")}\"{Pick("a@b.example", "tag:x,2026:y", ":addrbook:default")}\";\r\n",
                    $"notify {Pick("", ":fcc \"Sent\" ", ":options \"a=b\" ")}{Value()};\r\n",
                    isDelivery ? "discard;\r\n" : "keep;\r\n",
                    !isDelivery ? "stop;\r\n" : $"vacation {Pick("", ":handle \"h\" ", ":addresses \"a@b\" ", ":from \"a@b.example\" :subject \"s\" ")}{Value()};\r\n"));
                break;
            case 10:
                _script.Append(Pick(
                    $"set \"re\" \"{Pick("(a|b)+", "[", "x{1,300}", "(((a*)*)*)*b", "^.*$")}\";\r\n",
                    "global \"g\";\r\n", $"error {Value()};\r\n", "return;\r\n", "include :optional :once \"loop\";\r\n",
                    $"extracttext {Pick("", ":first 3 ", ":upper ")}\"{Pick("a", "b")}\";\r\n",
                    Pick("break;\r\n", "break :name \"l\";\r\n")));
                break;
            case 0:
                _script.Append("keep;\r\n");
                break;
            case 1:
                _script.Append("discard;\r\n");
                break;
            case 2:
                _script.Append($"fileinto {Text()};\r\n");
                break;
            case 3:
                _script.Append($"redirect \"{(char)('a' + random.Next(5))}@example.com\";\r\n");
                break;
            case 4:
                _script.Append(random.Next(5) == 0 ? "stop;\r\n" : "keep;\r\n");
                break;
            case 5:
                _script.Append($"set {Pick("", ":lower ", ":upperfirst :length ", ":quotewildcard ", ":encodeurl ")}\"{Pick("a", "b", "global.c")}\" {Value()};\r\n");
                break;
            case 6:
                _script.Append($"{Pick("setflag", "addflag", "removeflag")} {Pick("", "\"a\" ")}{Values()};\r\n");
                break;
            case 7:
                _script.Append(Pick(
                    $"addheader {Pick("", ":last ")}\"X-{random.Next(3)}\" {Value()};\r\n",
                    $"deleteheader {Pick("", ":index 1 ", ":index 2 :last ", ":contains ")}\"X-{random.Next(3)}\" {Values()};\r\n",
                    $"fileinto {Pick("", ":copy ", ":create ", ":flags \"x\" ", ":specialuse \"\\\\Junk\" ")}{Value()};\r\n",
                    $"replace {Pick("", ":mime ", ":subject \"s\" ")}{Value()};\r\n",
                    $"enclose {Pick("", ":subject \"s\" ", ":headers [\"To\"] ")}{Value()};\r\n"));
                break;
            case 8:
                _script.Append(Pick(
                    $"vacation {Pick("", ":days 1 ", ":seconds 5 ", ":mime ", ":fcc \"Sent\" ")}{Value()};\r\n",
                    $"notify {Pick("", ":importance \"1\" ")}:message {Value()} \"mailto:a@b\";\r\n",
                    $"debug_log {Value()};\r\n",
                    $"{Pick("reject", "ereject")} {Value()};\r\n",
                    $"include {Pick("", ":once ", ":optional ", ":global :optional ")}\"{Pick("one", "two")}\";\r\n"));
                break;
            case 11:
                _script.Append(Pick("foreverypart", "foreverypart :name \"l\""));
                Block(depth);
                break;
            default:
                If(depth);
                break;
        }
    }

    private string Value() => random.Next(3) == 0 ? Pick("\"${a} ${1}\"", "\"${a}${a}${b}${global.c}\"", "\"${0}\"") : Text();

    private string Values() => random.Next(2) == 0 ? Value() : $"[{Value()}, {Value()}]";

    private void If(int depth)
    {
        _script.Append("if ");
        Test(0);
        Block(depth);
        while (random.Next(3) == 0)
        {
            _script.Append("elsif ");
            Test(0);
            Block(depth);
        }

        if (random.Next(2) == 0)
        {
            _script.Append("else ");
            Block(depth);
        }
    }

    private void Block(int depth)
    {
        _script.Append(" {\r\n");
        Commands(depth + 1);
        _script.Append("}\r\n");
    }

    private void Test(int depth)
    {
        switch (random.Next(depth < 5 ? 13 : 10))
        {
            case 0:
                _script.Append("true");
                break;
            case 1:
                _script.Append($"header {Match()} {Texts()} {Texts()}");
                break;
            case 2:
                _script.Append($"address {Match()} :{Pick("all", "localpart", "domain")} [\"from\", \"to\"] {Texts()}");
                break;
            case 3:
                _script.Append($"envelope {Match()} \"{Pick("from", "to")}\" {Texts()}");
                break;
            case 4:
                _script.Append($"exists {Texts()}");
                break;
            case 5:
                _script.Append($"size :{Pick("over", "under")} {random.Next(1000)}{Pick("", "K", "m")}");
                break;
            case 6:
                _script.Append($"{Pick("string", "hasflag", "hasflag")} {Match()} {Values()}{Pick(" ", " ", " ")}{Values()}");
                break;
            case 7:
                _script.Append(Pick(
                    $"header :mime {Pick("", ":anychild ")}{Pick("", ":type ", ":param \"name\" ")}{Match()} \"Content-Type\" {Values()}",
                    $"body {Pick("", ":raw ", ":content \"text\" ", ":text ")}{Match()} {Values()}",
                    $"date {Pick("", ":originalzone ", ":zone \"+0100\" ")}{Match()} \"date\" \"{Pick("year", "iso8601", "julian")}\" {Values()}",
                    $"currentdate {Match()} \"hour\" {Values()}"));
                break;
            case 8:
                _script.Append(Pick(
                    "duplicate", "duplicate :uniqueid \"${a}\"", $"mailboxexists {Values()}", $"environment {Match()} \"name\" {Values()}",
                    $"spamtest {Match()} {Value()}", $"spamtest :percent {Match()} {Value()}", $"virustest {Match()} {Value()}", $"valid_ext_list {Values()}",
                    $"convert \"text/html\" \"text/plain\" \"\"", $"header :list {Texts()} \"{Pick("tag:x,2026:y", ":addrbook:default")}\"", $"specialuse_exists {Texts()}",
                    $"mailboxidexists {Values()}", $"servermetadataexists {Texts()}", $"notify_method_capability {Match()} \"mailto:a@b\" \"online\" {Values()}",
                    $"envelope {Match()} \"{Pick("notify", "bytimerelative", "bytrace", "orcpt", "auth")}\" {Values()}", $"currentdate {Match()} :zone \"{Pick("+0100", "-1300")}\" \"std11\" {Values()}",
                    $"header :mime :anychild {Pick(":subtype", ":contenttype", ":param \"filename\"")} {Match()} [\"Content-Type\", \"Content-Disposition\"] {Values()}",
                    $"address :mime :anychild {Match()} {Texts()} {Values()}", $"exists :mime :anychild {Texts()}", $"header :index {random.Next(1, 4)} {Pick("", ":last ")}{Match()} {Texts()} {Values()}", $"metadata {Match()} \"INBOX\" \"/private/x\" {Values()}", $"valid_notify_method {Values()}", "ihave \"fileinto\""));
                break;
            case 9:
                _script.Append($"header :regex \"Subject\" \"{Pick("(a|b)*c", "^.{0,20}$", "[[:alpha:]]+ (x)?", "${a}", "${re}")}\"");
                break;
            case 10:
                _script.Append("not ");
                Test(depth + 1);
                break;
            default:
                _script.Append(Pick("allof (", "anyof ("));
                Test(depth + 1);
                while (random.Next(2) == 0)
                {
                    _script.Append(", ");
                    Test(depth + 1);
                }

                _script.Append(')');
                break;
        }
    }

    private string Match() => Pick(
        "", ":is", ":contains", ":matches", ":count \"ge\"", ":value \"lt\"", ":matches :comparator \"i;unicode-casemap\"", ":comparator \"i;octet\" :contains", ":is :comparator \"i;ascii-numeric\"", ":matches :comparator \"i;ascii-casemap\"");

    private string Texts() => random.Next(2) == 0 ? Text() : $"[{string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Text()))}]";

    private string Text() => Pick(
        "\"Subject\"", "\"from\"", "\"To\"", "\"*\"", "\"?*a*\"", "\"\"", "\"example.com\"", "\"\u00FC\u20AC\U0001F600\"", "\"a\\\\b\\\"c\"", "\"${hex:24 24}\"",
        "\"${unicode:20AC}\"", "text:\r\n..dot\r\n.\r\n", "\"INBOX\"", "\"a/b\"", "\"*\\\\*?\"");

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
