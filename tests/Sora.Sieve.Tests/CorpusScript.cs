using System.Globalization;
using System.Text;

namespace Sora.Sieve.Tests;

/// <summary>
/// A script of the corpus with what is expected of it, in comments that begin with <c>#:</c> (a word and what belongs to it) and <c>#|</c> (lines of a message or of a
/// script that is included). Corpus/README.md tells the words.
/// </summary>
internal sealed class CorpusScript
{
    private readonly List<string> _problems = [];
    private readonly TestHost _host = new();
    private readonly List<string> _diagnostics = [];
    private SieveEnvelope _envelope = new() { From = "coyote@desert.example.org", To = "roadrunner@acme.example.com" };
    private SieveImapEvent? _event;
    private string _message = Scripts.MessageA;
    private SieveResult? _result;
    private SieveScript? _script;

    private CorpusScript(string path) => Lines = File.ReadAllLines(path);

    public string[] Lines { get; }

    /// <summary>The capabilities that the file is about.</summary>
    public string[] Capabilities { get; private set; } = [];

    /// <summary>normal, edge or error.</summary>
    public string Case { get; private set; } = "";

    public int Expectations { get; private set; }

    /// <summary>What is not as the file says, one a line.</summary>
    public string Problems => string.Join('\n', _problems);

    public static CorpusScript Check(string path)
    {
        var script = new CorpusScript(path);
        script.Run(File.ReadAllBytes(path));
        return script;
    }

    private void Run(byte[] source)
    {
        var compilation = SieveCompiler.Compile(source);
        _script = compilation.Script;
        for (var i = 0; i < Lines.Length; i++)
        {
            if (!Lines[i].StartsWith("#: ", StringComparison.Ordinal))
                continue;
            var text = new StringBuilder();
            var at = i;
            while (at + 1 < Lines.Length && Lines[at + 1].StartsWith("#|", StringComparison.Ordinal))
                text.Append(Lines[++at].Length > 2 ? Lines[at][3..] : "").Append("\r\n");
            var (word, rest) = Split(Lines[i][3..]);
            Directive(word, rest, text.ToString());
        }

        var told = compilation.Diagnostics.Select(static diagnostic => diagnostic.ToString()).ToList();
        if (told.Count != _diagnostics.Count || told.Where((line, i) => !line.Contains(_diagnostics[i], StringComparison.Ordinal)).Any())
            _problems.Add($"expected {string.Join(" / ", _diagnostics)}\n     got {string.Join(" / ", told)}");
    }

    private void Directive(string word, string rest, string text)
    {
        switch (word)
        {
            case "capability":
                Capabilities = rest.Split(", ");
                break;
            case "case":
                Case = rest;
                break;
            case "about":
                break;
            case "message":
                _message = text;
                break;
            case "envelope":
                _envelope = Envelope(rest);
                break;
            case "event":
                _event = Event(rest);
                break;
            case "host":
                Host(rest);
                break;
            case "script":
                _host.Scripts[rest] = text;
                break;
            case "error" or "warning":
                Expectations++;
                var (place, message) = Split(rest);
                var (line, column) = Split(place.Replace(':', ' '));
                _diagnostics.Add($"line {line}, column {column}: {word}: {message}");
                break;
            case "expect":
                Expectations++;
                Expect(rest);
                break;
            case "has":
                Expectations++;
                Compare(rest, string.Join(" | ", _result?.Actions.Select(static action => action.ToString()) ?? []), isPart: true);
                break;
            case "log":
                Expectations++;
                Compare(rest, string.Join(" | ", _result?.DebugLog ?? []), isPart: false);
                break;
            case "flags":
                Expectations++;
                var change = _result?.FlagChange;
                Compare(rest, string.Join(' ', [.. change?.Added.Select(static flag => "+" + flag) ?? [], .. change?.Removed.Select(static flag => "-" + flag) ?? []]), isPart: false);
                break;
            case "kept":
                Expectations++;
                Compare(rest, Kept(), isPart: true);
                break;
            default:
                _problems.Add($"there is no word '{word}'");
                break;
        }
    }

    private void Expect(string outcome)
    {
        if (_script is null)
        {
            _problems.Add("the script does not compile");
            return;
        }

        _result = Scripts.Run(new SieveInput
        {
            Scripts = [new SieveSequenceItem("", _script)],
            Message = Scripts.Message(_message),
            Envelope = _event is null ? _envelope : null,
            ImapEvent = _event,
            Host = _host,
            Time = new DateTimeOffset(2026, 11, 28, 12, 30, 0, TimeSpan.Zero),
        });
        Compare(outcome, Scripts.Show(_result).Replace("\r\n", "|", StringComparison.Ordinal), isPart: false);
    }

    private void Compare(string expected, string actual, bool isPart)
    {
        if (isPart ? !actual.Contains(expected, StringComparison.Ordinal) : actual != expected)
            _problems.Add($"expected {expected}\n     got {actual}");
    }

    private string Kept()
    {
        var message = _result?.KeepMessage ?? _result?.Actions.LastOrDefault(static action => action.Message is not null)?.Message;
        return message is null ? "" : Encoding.UTF8.GetString([.. message.Header.Span, .. message.Body is { } body ? body.Span : []]).Replace("\r\n", "|", StringComparison.Ordinal);
    }

    private void Host(string rest)
    {
        var (what, value) = Split(rest);
        var (first, second) = Split(value);
        switch (what)
        {
            case "mailbox":
                _host.Mailboxes.Add(value);
                break;
            case "mailbox-id":
                _host.MailboxIds.Add(value);
                break;
            case "special-use":
                _host.SpecialUses[first] = second;
                break;
            case "metadata":
                _host.Metadata[first] = second;
                break;
            case "duplicate":
                _host.Seen.Add(value);
                break;
            case "list":
                _host.Lists[first] = second.Split(',', StringSplitOptions.RemoveEmptyEntries);
                break;
            case "environment":
                _host.Environment[first] = second;
                break;
            case "notify":
                _host.NotifySchemes.Add(value);
                break;
            case "check":
                _host.Checks[Enum.Parse<SieveCheckKind>(first)] = double.Parse(second, CultureInfo.InvariantCulture);
                break;
            case "address":
                _host.OwnAddresses.Add(value);
                break;
            default:
                _problems.Add($"there is no host's '{what}'");
                break;
        }
    }

    private static SieveEnvelope Envelope(string rest)
    {
        var values = Values(rest);
        var by = values.GetValueOrDefault("by")?.Split(';');
        return new SieveEnvelope
        {
            From = values.GetValueOrDefault("from", ""),
            To = values.GetValueOrDefault("to", ""),
            Auth = values.GetValueOrDefault("auth"),
            Notify = values.GetValueOrDefault("notify"),
            OriginalRecipient = values.GetValueOrDefault("orcpt"),
            Ret = values.GetValueOrDefault("ret"),
            EnvelopeId = values.GetValueOrDefault("envid"),
            ByTime = by is null ? null : new DateTimeOffset(2026, 11, 28, 12, 30, 0, TimeSpan.Zero).AddSeconds(int.Parse(by[0], CultureInfo.InvariantCulture)),
            ByMode = by?[1][0],
            ByTrace = by is [_, _, "T"],
        };
    }

    private static SieveImapEvent Event(string rest)
    {
        var (cause, other) = Split(rest);
        var values = Values(other);
        return new SieveImapEvent(Enum.Parse<SieveImapCause>(cause), values["mailbox"])
        {
            From = values.GetValueOrDefault("from"),
            To = values.GetValueOrDefault("to", values["mailbox"]),
            User = values.GetValueOrDefault("user", ""),
            Email = values.GetValueOrDefault("email", ""),
            Flags = [.. values.GetValueOrDefault("flags", "").Split(',', StringSplitOptions.RemoveEmptyEntries)],
            ChangedFlags = [.. values.GetValueOrDefault("changed", "").Split(',', StringSplitOptions.RemoveEmptyEntries)],
        };
    }

    private static Dictionary<string, string> Values(string rest) =>
        rest.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);

    private static (string First, string Others) Split(string text)
    {
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        return space < 0 ? (text, "") : (text[..space], text[(space + 1)..]);
    }
}
