using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>Makes scripts out of the grammar, most of them without errors.</summary>
internal sealed class ScriptGenerator(Random random)
{
    private readonly StringBuilder _script = new();
    private int _budget = 60;

    public string Script()
    {
        _script.Append("require [\"fileinto\", \"envelope\", \"encoded-character\", \"comparator-i;ascii-numeric\"];\r\n");
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
        switch (random.Next(depth < 6 ? 8 : 5))
        {
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
            default:
                If(depth);
                break;
        }
    }

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
        switch (random.Next(depth < 5 ? 9 : 6))
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
        "", ":is", ":contains", ":matches", ":comparator \"i;octet\" :contains", ":is :comparator \"i;ascii-numeric\"", ":matches :comparator \"i;ascii-casemap\"");

    private string Texts() => random.Next(2) == 0 ? Text() : $"[{string.Join(", ", Enumerable.Range(0, random.Next(1, 4)).Select(_ => Text()))}]";

    private string Text() => Pick(
        "\"Subject\"", "\"from\"", "\"To\"", "\"*\"", "\"?*a*\"", "\"\"", "\"example.com\"", "\"\u00FC\u20AC\U0001F600\"", "\"a\\\\b\\\"c\"", "\"${hex:24 24}\"",
        "\"${unicode:20AC}\"", "text:\r\n..dot\r\n.\r\n", "\"INBOX\"", "\"a/b\"", "\"*\\\\*?\"");

    private string Pick(params string[] choices) => choices[random.Next(choices.Length)];
}
