using System.CommandLine;
using Sora.Bench.Scenarios;

namespace Sora.Bench;

/// <summary>The options of every scenario: which server, and for how long. Flags win over the description in a file.</summary>
internal sealed class CommonOptions
{
    private readonly Option<string> _target = new("--target") { Description = "JSON file that describes the server" };
    private readonly Option<string> _name = new("--name") { Description = "What to call the server" };
    private readonly Option<string> _lmtp = new("--lmtp") { Description = "LMTP listener, address:port" };
    private readonly Option<string> _imap = new("--imap") { Description = "IMAP listener, address:port" };
    private readonly Option<string> _imaps = new("--imaps") { Description = "IMAP listener with implicit TLS, address:port" };
    private readonly Option<string> _pop3 = new("--pop3") { Description = "POP3 listener, address:port" };
    private readonly Option<TlsMode?> _tls = new("--tls") { Description = "none, starttls or implicit" };
    private readonly Option<string> _user = new("--user") { Description = "Address and login name with %d for a number, such as user%d@bench.example" };
    private readonly Option<string> _password = new("--password") { Description = "Password of all users" };
    private readonly Option<int?> _users = new("--users") { Description = "How many users there are" };
    private readonly Option<int[]> _pids = new("--pid") { Description = "Process of the server; its descendants count too" };
    private readonly Option<double> _timeout = new("--timeout") { Description = "Longest wait for an answer, in seconds", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _seed = new("--seed") { Description = "Seed of all chance", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _runId = new("--run-id") { Description = "Part of every Message-ID; by default another one each time" };
    private readonly Option<double> _duration = new("--duration") { Description = "Seconds that count", DefaultValueFactory = _ => 10 };
    private readonly Option<double> _warmUp = new("--warm-up") { Description = "Seconds before them", DefaultValueFactory = _ => 2 };
    private readonly Option<int> _count = new("--count") { Description = "End after so many operations", DefaultValueFactory = _ => 0 };
    private readonly Option<string> _json = new("--json") { Description = "Append each result to this file, one JSON object per line" };

    public IEnumerable<Option> All =>
        [_target, _name, _lmtp, _imap, _imaps, _pop3, _tls, _user, _password, _users, _pids, _timeout, _seed, _runId, _duration, _warmUp, _count, _json];

    public string? Json(ParseResult options) => options.GetValue(_json);

    public Target Target(ParseResult options)
    {
        var target = options.GetValue(_target) is { } path ? Bench.Target.Load(path) : new Target();
        return target with
        {
            Name = options.GetValue(_name) ?? target.Name,
            Lmtp = options.GetValue(_lmtp) ?? target.Lmtp,
            Imap = options.GetValue(_imap) ?? target.Imap,
            Imaps = options.GetValue(_imaps) ?? target.Imaps,
            Pop3 = options.GetValue(_pop3) ?? target.Pop3,
            Tls = options.GetValue(_tls) ?? target.Tls,
            User = options.GetValue(_user) ?? target.User,
            Password = options.GetValue(_password) ?? target.Password,
            Users = options.GetValue(_users) ?? target.Users,
            Pids = options.GetValue(_pids) is { Length: > 0 } pids ? pids : target.Pids,
            Timeout = TimeSpan.FromSeconds(options.GetValue(_timeout)),
        };
    }

    public Run Run(ParseResult options)
    {
        var run = new Run
        {
            Seed = options.GetValue(_seed),
            Duration = TimeSpan.FromSeconds(options.GetValue(_duration)),
            WarmUp = TimeSpan.FromSeconds(options.GetValue(_warmUp)),
            Count = options.GetValue(_count),
        };
        return options.GetValue(_runId) is { } id ? run with { Id = id } : run;
    }
}
