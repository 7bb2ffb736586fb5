using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Mailstore.Storage;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// Two servers on one database run scripts that file, send, answer and refuse, and are killed again and again. What was acknowledged is where the scripts say, once; what they
/// send has arrived in the end; scripts that were put are there.
/// </summary>
public sealed partial class ScriptKillTests : IAsyncLifetime
{
    private const string Password = "secret";
    private const int Sessions = 6;
    private const int Parallelism = 4; // relay.parallelism

    // Each has "${n}", the number of the message
    private static readonly (string User, string Script)[] Scripts =
    [
        ("file@example.com", "fileinto :copy :create \"Copies\"; fileinto :create \"Filed/${n1}\"; keep;"),
        ("redirect@example.com", "redirect :copy \"copy@else.example\";"),
        ("away@example.com", "vacation :addresses \"somebody@example.com\" :subject \"away ${n}\" \"text\";"),
        ("refuse@example.com", "if header :matches \"X-Sora-Test\" \"*[02468]\" { reject \"no ${n}\"; }"),
        ("tell@example.com", "notify :message \"told ${n}\" \"mailto:told@else.example\"; fileinto :create \"Told\";"),
        ("edit@example.com", "addheader \"X-Edited\" \"${n}\"; redirect \"gone@else.example\";"),
    ];

    private readonly string _bodies = Directory.CreateTempSubdirectory("sora-test-").FullName;
    private readonly SoraProcess[] _nodes = new SoraProcess[2];
    private readonly ConcurrentDictionary<int, LmtpReply> _answers = [];
    private readonly ConcurrentDictionary<string, string> _scripts = [];
    private Mailstore.Storage.Embedded.PostgresAddress _address = null!;
    private SmtpPeer _peer = null!;
    private int _next;
    private int _kills;

    [GeneratedRegex(@"^Subject: (?<what>away|told) (?<number>\d+)\r?$", RegexOptions.Multiline)]
    private static partial Regex Numbered { get; }

    // How long the load lasts
    private static TimeSpan Duration =>
        TimeSpan.FromSeconds(int.Parse(Environment.GetEnvironmentVariable("SORA_TEST_SECONDS") ?? "20", CultureInfo.InvariantCulture));

    public Task InitializeAsync() => Task.CompletedTask;

    private async Task StartAsync()
    {
        _address = await PostgresFixture.CreateEmptyAddressAsync();
        string[] settings =
        [
            "database.embedded=false", $"database.hosts={_address.SocketFolder}", $"database.port={_address.Port}", $"database.name={_address.Database}",
            $"database.user={_address.User}", "storage.staging=database", $"storage.bodies_folder={_bodies}", "passwords.bcrypt_cost=4",
            $"relay.hosts=[\"{_peer.Address}\"]", "relay.tls=none", "relay.lease=5s", "relay.poll_interval=200ms", "relay.limits.max_per_hour=1000000",
            "relay.limits.max_per_day=1000000", "sieve.max_scripts=1000",
        ];
        var starts = _nodes.Select(_ => SoraProcess.StartAsync(settings)).ToList();
        for (var i = 0; i < _nodes.Length; i++)
            _nodes[i] = await starts[i];
        await _nodes[0].CreateAccountsAsync(Password, [.. Scripts.Select(static one => one.User)]);
        foreach (var (user, script) in Scripts)
        {
            using var client = await ManageSieveClient.LogInAsync(_nodes[0].ManageSievePort, user, Password);
            (await client.PutAsync("main", Whole(script))).ShouldStartWith("OK");
            (await client.RunAsync("SETACTIVE \"main\"")).ShouldStartWith("OK");
        }
    }

    public async Task DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            if (node is not null)
                await node.DisposeAsync();
        }

        Directory.Delete(_bodies, recursive: true);
    }

    [Fact]
    public async Task Nothing_acknowledged_is_lost_and_nothing_is_done_twice()
    {
        await using var peer = new SmtpPeer();
        _peer = peer;
        await StartAsync();
        using var time = new CancellationTokenSource();
        var work = Enumerable.Range(0, Sessions).Select(session => Task.Run(() => DeliverAsync(session, time.Token)))
            .Concat(Enumerable.Range(0, 2).Select(session => Task.Run(() => PutAsync(session, time.Token)))).ToList();
        try
        {
            await KillAsync();
        }
        finally
        {
            await time.CancelAsync();
            await Task.WhenAll(work);
        }

        _kills.ShouldBeGreaterThan(1);
        _answers.Count.ShouldBeGreaterThan(100);

        await using var database = new Database(new DatabaseOptions(), _address);
        await Eventually.WaitAsync(async () => await CountAsync(database, "SELECT count(*) FROM relay_recipients") == 0);
        ShouldBeSent();
        await ShouldBeStoredAsync();
        foreach (var (name, script) in _scripts)
        {
            using var client = await ManageSieveClient.LogInAsync(_nodes[0].ManageSievePort, Scripts[0].User, Password);
            (await client.GetAsync(name)).ShouldBe(script);
        }

        _peer.Violations.ShouldBeEmpty();
    }

    private static string Whole(string script) =>
        $$"""
        require ["variables", "fileinto", "copy", "mailbox", "vacation", "reject", "enotify", "editheader"];
        if header :matches "X-Sora-Test" "*" { set "n" "${1}"; }
        if header :matches "X-Sora-Test" "*?" { set "n1" "${2}"; }
        {{script}}
        """;

    // As an MTA does: each message until it is taken or refused for good, by whichever node answers
    private async Task DeliverAsync(int session, CancellationToken time)
    {
        LmtpClient? client = null;
        var node = session;
        while (!time.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref _next);
            LmtpReply? answer = null;
            while (answer is null)
            {
                try
                {
                    client ??= await LmtpClient.ConnectAsync(_nodes[node % 2].LmtpPort);
                    var reply = (await client.DeliverAsync($"s{number}@else.example", [UserOf(number)], TestMail.Make(number))).Single();
                    if (reply.Code / 100 != 4)
                        answer = reply;
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    client?.Dispose();
                    client = null;
                    node++;
                }
            }

            _answers[number] = answer.Value;
        }

        client?.Dispose();
    }

    // New scripts, and the same one again and again: what was acknowledged last is there, or what was sent after it
    private async Task PutAsync(int session, CancellationToken time)
    {
        ManageSieveClient? client = null;
        var node = session;
        for (var version = 0; !time.IsCancellationRequested; version++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"s{session}-{version % 200}");
            var script = $"# version {version}\r\nkeep;\r\n";
            for (var isPut = false; !isPut;)
            {
                try
                {
                    client ??= await ManageSieveClient.LogInAsync(_nodes[node % 2].ManageSievePort, Scripts[0].User, Password);
                    var answer = await client.PutAsync(name, script);
                    isPut = answer.StartsWith("OK", StringComparison.Ordinal);
                    if (!isPut)
                        answer.ShouldStartWith("NO (TRYLATER)");
                }
                catch (Exception e) when (e is IOException or SocketException)
                {
                    client?.Dispose();
                    client = null;
                    node++;
                }
            }

            _scripts[name] = script;
        }

        client?.Dispose();
    }

    // One node at a time, at a different moment each time: when so many messages more have been answered. This lasts as long as the run is to last, and until enough was
    // done that it says something: a slow machine takes longer over it
    private async Task KillAsync()
    {
        var random = new Random(3);
        var began = Stopwatch.StartNew();
        while (_kills < 2 || _answers.Count <= 100 || began.Elapsed < Duration)
        {
            var until = _answers.Count + random.Next(20, 150);
            await Eventually.WaitAsync(() => _answers.Count >= until);
            var node = _nodes[random.Next(2)];
            await node.KillAsync();
            _kills++;
            await node.StartAgainAsync();
        }
    }

    private static string UserOf(int number) => Scripts[number % Scripts.Length].User;

    private void ShouldBeSent()
    {
        var sent = new Dictionary<(string What, int Number), List<string>>();
        foreach (var (_, recipients, bytes) in _peer.Messages)
        {
            var text = Encoding.UTF8.GetString(bytes);
            var isOwn = Numbered.Match(text) is { Success: true };
            var what = recipients.Single() + (isOwn ? Numbered.Match(text).Groups["what"].Value : "");
            var number = isOwn ? int.Parse(Numbered.Match(text).Groups["number"].Value, CultureInfo.InvariantCulture) : TestMail.NumberOf(bytes);
            if (!sent.TryGetValue((what, number), out var copies))
                sent[(what, number)] = copies = [];
            copies.Add(text);
        }

        var messages = 0;
        foreach (var (number, reply) in _answers)
        {
            reply.Code.ShouldBe(UserOf(number).StartsWith("refuse", StringComparison.Ordinal) && number % 2 == 0 ? 550 : 250, reply.Text);
            var expected = UserOf(number)[..UserOf(number).IndexOf('@', StringComparison.Ordinal)] switch
            {
                "redirect" => "RCPT TO:<copy@else.example>",
                "edit" => "RCPT TO:<gone@else.example>",
                "away" => $"RCPT TO:<s{number}@else.example> NOTIFY=NEVERaway",
                "tell" => "RCPT TO:<told@else.example> NOTIFY=NEVERtold",
                _ => null,
            };
            if (expected is null)
                continue;
            sent.ShouldContainKey((expected, number));
            sent.Remove((expected, number), out var copies);
            messages++;

            // A node that dies between the host's answer and its own note of it sends the same once more; never another
            copies!.Distinct().Count().ShouldBe(1, $"message {number} was sent on as two messages");
        }

        sent.ShouldBeEmpty("nobody asked for these");
        (_peer.Messages.Count - messages).ShouldBeInRange(0, _kills * Parallelism, "no more than were being sent when a node was killed");
    }

    private async Task ShouldBeStoredAsync()
    {
        foreach (var (user, _) in Scripts)
        {
            using var imap = await ImapClient.LoginAsync(_nodes[0].ImapPort, user, Password);
            var found = new Dictionary<string, List<int>>();
            foreach (var mailbox in (string[])["INBOX", "Copies", "Told", .. Enumerable.Range(0, 10).Select(static digit => $"Filed/{digit}")])
                found[mailbox] = await NumbersAsync(imap, mailbox);
            foreach (var (mailbox, numbers) in found)
            {
                numbers.Count.ShouldBe(numbers.Distinct().Count(), $"a message is in {mailbox} of {user} twice");
                var expected = _answers.Where(answer => answer.Value.Code == 250 && UserOf(answer.Key) == user && Mailboxes(answer.Key).Contains(mailbox)).Select(static answer => answer.Key);
                numbers.Order().ShouldBe(expected.Order(), $"{mailbox} of {user}");
            }
        }
    }

    private static string[] Mailboxes(int number) => UserOf(number)[..UserOf(number).IndexOf('@', StringComparison.Ordinal)] switch
    {
        "file" => ["INBOX", "Copies", $"Filed/{number % 10}"],
        "tell" => ["Told"],
        "edit" => [],
        _ => ["INBOX"],
    };

    private static async Task<List<int>> NumbersAsync(ImapClient imap, string mailbox)
    {
        var numbers = new List<int>();
        if (!(await imap.RunAsync($"STATUS {mailbox} (MESSAGES)")).IsOk)
            return numbers;
        await imap.SelectAsync(mailbox);
        imap.View.OnFetch = (_, response) =>
        {
            if (response.Values[2].Items.FirstOrDefault(static item => item.Kind == ImapValueKind.Text) is { } header)
                numbers.Add(TestMail.NumberOf(header.Bytes));
        };
        if (imap.View.Uids.Count > 0)
            await imap.OkAsync($"FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS ({TestMail.Field})])");
        return numbers;
    }

    private static async Task<long> CountAsync(Database database, string query)
    {
        await using var command = database.Write.CreateCommand(query);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
