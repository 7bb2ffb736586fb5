using System.Globalization;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// Three clients do random things to one mailbox. Each believes only what the server tells it; whenever one looks, what it believes must be
/// what is there.
/// </summary>
[Collection("imap")]
public sealed class ViewModelTests(ImapFixture fixture)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Clients_know_the_truth(int seed)
    {
        var random = new Random(seed);
        var user = await fixture.UserAsync();
        for (var i = 0; i < 8; i++)
            await user.DeliverAsync($"Subject: {i}\n\nbody {i}\n");
        var clients = new List<Believer>();
        foreach (var enable in new[] { null, "ENABLE CONDSTORE", "ENABLE IMAP4rev2" })
        {
            var client = await user.LogInAsync(enable);
            clients.Add(new Believer(client, random));
            await clients[^1].SelectAsync();
        }

        for (var round = 0; round < 120; round++)
        {
            var client = clients[random.Next(clients.Count)];
            await client.DoSomethingAsync();
            if (round % 10 == 9)
                await clients[random.Next(clients.Count)].LookAsync();
        }

        foreach (var client in clients)
            await client.LookAsync();
        foreach (var client in clients)
            client.Dispose();
    }

    private sealed class Message
    {
        public uint? Uid { get; set; }

        public SortedSet<string>? Flags { get; set; }
    }

    private sealed class Believer(ImapClient client, Random random) : IDisposable
    {
        private static readonly string[] Flags = ["\\Seen", "\\Flagged", "\\Deleted", "\\Answered", "$One", "$Two"];
        private readonly List<Message> _view = [];

        public void Dispose() => client.Dispose();

        public async Task SelectAsync()
        {
            _view.Clear();
            await RunAsync("SELECT INBOX", mayExpunge: false);
            await LookAsync();
        }

        public async Task DoSomethingAsync()
        {
            var set = Set();
            var flag = Flags[random.Next(Flags.Length)];
            var sign = "+-"[random.Next(2)];
            switch (random.Next(12))
            {
                case 0:
                    await RunAsync("NOOP");
                    break;
                case 1 when _view.Count > 0:
                    await RunAsync($"FETCH {set} (FLAGS)", mayExpunge: false);
                    break;
                case 2 when _view.Count > 0:
                    await RunAsync($"STORE {set} {sign}FLAGS ({flag})", mayExpunge: false);
                    break;
                case 3 or 4 when _view.Count > 0:
                    foreach (var number in Numbers(set))
                        Change(_view[number - 1], sign, flag);
                    await RunAsync($"STORE {set} {sign}FLAGS.SILENT ({flag})", mayExpunge: false);
                    break;
                case 5 when _view.Count > 0:
                    await RunAsync($"FETCH {set} BODY[TEXT]", mayExpunge: false);
                    break;
                case 6:
                    await RunAsync("EXPUNGE");
                    break;
                case 7 or 8:
                    await RunAsync("APPEND INBOX (\\Draft) {8+}\r\nS: x\r\n\r\n");
                    break;
                case 9 when _view.Count > 0:
                    await RunAsync($"COPY {set} INBOX");
                    break;
                case 10 when _view.Count > 2:
                    await RunAsync($"MOVE {random.Next(1, _view.Count + 1)} Trash");
                    break;
                case 11:
                    await RunAsync($"SEARCH {flag switch { "\\Seen" => "SEEN", "\\Deleted" => "DELETED", _ => "ALL" }}", mayExpunge: false);
                    break;
            }
        }

        public async Task LookAsync()
        {
            await RunAsync("NOOP");
            var believed = _view.Select(message => (message.Uid, Flags: message.Flags is null ? null : string.Join(' ', message.Flags))).ToList();
            foreach (var message in _view)
                message.Flags = null;
            if (_view.Count == 0)
                return;
            await RunAsync("FETCH 1:* (UID FLAGS)", mayExpunge: false);
            _view.Count.ShouldBe(believed.Count);
            for (var i = 0; i < _view.Count; i++)
            {
                if (believed[i].Uid is { } uid)
                    _view[i].Uid.ShouldBe(uid, $"message {i + 1}");
                if (believed[i].Flags is { } flags)
                    string.Join(' ', _view[i].Flags.ShouldNotBeNull()).ShouldBe(flags, $"message {i + 1}");
            }
        }

        private async Task RunAsync(string command, bool mayExpunge = true)
        {
            foreach (var line in await client.RunAsync(command))
            {
                if (Match(line, @"^\* (\d+) EXISTS$") is { } exists)
                {
                    exists.ShouldBeGreaterThanOrEqualTo(_view.Count);
                    while (_view.Count < exists)
                        _view.Add(new Message());
                }
                else if (Match(line, @"^\* (\d+) EXPUNGE$") is { } expunged)
                {
                    mayExpunge.ShouldBeTrue($"EXPUNGE during {command}");
                    _view.RemoveAt(expunged - 1);
                }
                else if (Match(line, @"(\d+) FETCH \(") is { } fetched)
                {
                    Learn(_view[fetched - 1], line);
                    _lastFetched = fetched;
                }
                else if (line.Contains("FLAGS (", StringComparison.Ordinal) && !line.StartsWith('*') && _lastFetched > 0)
                {
                    Learn(_view[_lastFetched - 1], line); // The rest of a response after a literal
                }
            }

            _lastFetched = 0;
        }

        private int _lastFetched;

        private static void Learn(Message message, string line)
        {
            var uid = Regex.Match(line, @"[( ]UID (\d+)");
            if (uid.Success)
            {
                var value = uint.Parse(uid.Groups[1].Value, CultureInfo.InvariantCulture);
                if (message.Uid is { } known)
                    value.ShouldBe(known, line);
                message.Uid = value;
            }

            var flags = Regex.Match(line, @"FLAGS \(([^)]*)\)");
            if (flags.Success)
                message.Flags = new SortedSet<string>(
                    flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(flag => flag != "\\Recent"), StringComparer.Ordinal);
        }

        private static void Change(Message message, char sign, string flag)
        {
            if (sign == '+')
                message.Flags?.Add(flag);
            else
                message.Flags?.Remove(flag);
        }

        private static int? Match(string line, string pattern) => Regex.Match(line, pattern) is { Success: true } match
            ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : null;

        private string Set()
        {
            if (_view.Count == 0)
                return "1";
            int a = random.Next(1, _view.Count + 1), b = random.Next(1, _view.Count + 1);
            return random.Next(3) switch
            {
                0 => $"{a}",
                1 => $"{Math.Min(a, b)}:{Math.Max(a, b)}",
                _ => $"{Math.Min(a, b)},{Math.Max(a, b)}",
            };
        }

        private static IEnumerable<int> Numbers(string set)
        {
            var ends = set.Split(':', ',').Select(number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray();
            return set.Contains(':', StringComparison.Ordinal) ? Enumerable.Range(ends[0], ends[1] - ends[0] + 1) : ends.Distinct();
        }
    }
}
