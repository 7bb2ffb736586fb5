using System.Globalization;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap;

/// <summary>
/// A client that goes away at any moment and comes back with QRESYNC believes, after random changes by itself and others, what the server has
/// (RFC 7162 section 6).
/// </summary>
[Collection("imap")]
public sealed class ResyncModelTests(ImapFixture fixture)
{
    [Theory]
    [InlineData(1, "QRESYNC")]
    [InlineData(2, "QRESYNC")]
    [InlineData(3, "QRESYNC UIDONLY")]
    [InlineData(4, "QRESYNC IMAP4rev2")]
    public async Task A_client_that_comes_back_knows_everything(int seed, string enable)
    {
        var random = new Random(seed);
        var user = await fixture.UserAsync();
        for (var i = 0; i < 12; i++)
            await user.DeliverAsync($"Subject: {i}\n\nbody\n");
        using var other = await user.LogInAsync("SELECT INBOX");
        var cache = new Cache();
        for (var visit = 0; visit < 12; visit++)
        {
            using var client = await user.LogInAsync("ENABLE " + enable);
            await cache.SynchronizeAsync(client, random);
            (await TruthAsync(other)).ShouldBe(cache.Describe(), $"visit {visit}");
            for (var round = random.Next(8); round > 0; round--)
            {
                await ChangeAsync(user, other, random);
                await cache.DoSomethingAsync(client, random, byUidOnly: enable.Contains("UIDONLY", StringComparison.Ordinal));
            }

            // It leaves after it was told of flags, but not yet of messages that were expunged before
            if (random.Next(2) == 0 && !enable.Contains("UIDONLY", StringComparison.Ordinal))
            {
                await other.DoAsync($"UID STORE {random.Next(1, 20)}:{random.Next(1, 20)} +FLAGS.SILENT (\\Deleted)");
                await other.DoAsync("EXPUNGE");
                await user.DeliverAsync("Subject: more\n\nbody\n", "Subject: more\n\nbody\n");
                await other.DoAsync("NOOP");
                await other.DoAsync("STORE 1:* +FLAGS.SILENT ($Two)");
                cache.Take(await client.RunAsync("FETCH 1 (UID MODSEQ)"));
            }

            for (var round = random.Next(5); round > 0; round--)
                await ChangeAsync(user, other, random);
            if (random.Next(4) == 0)
                await user.ForgetLogAsync();
        }
    }

    private static async Task ChangeAsync(TestUser user, ImapClient other, Random random)
    {
        var uid = random.Next(1, 40);
        switch (random.Next(5))
        {
            case 0:
                await user.DeliverAsync("Subject: new\n\nbody\n");
                break;
            case 1:
                await other.DoAsync($"UID STORE {uid}:{uid + 2} +FLAGS.SILENT (\\Deleted)");
                await other.DoAsync("EXPUNGE");
                break;
            default:
                await other.DoAsync($"UID STORE {uid}:{uid + random.Next(4)} {"+-"[random.Next(2)]}FLAGS.SILENT ({Flag(random)})");
                break;
        }
    }

    private static string Flag(Random random) => random.Next(3) switch { 0 => "\\Seen", 1 => "\\Flagged", _ => "$One" };

    private static async Task<string> TruthAsync(ImapClient other)
    {
        await other.DoAsync("NOOP");
        var truth = new Cache();
        truth.Take(await other.DoAsync("UID FETCH 1:* (FLAGS)"));
        return truth.Describe();
    }

    private sealed class Cache
    {
        private readonly SortedDictionary<uint, string> _messages = [];
        private string? _uidValidity;
        private long _modSeq;
        private uint _complete = uint.MaxValue; // in a session only what is known already is learned: new messages are fetched at the next visit

        public async Task SynchronizeAsync(ImapClient client, Random random)
        {
            _complete = uint.MaxValue;
            var from = _messages.Count == 0 ? 1 : _messages.Keys.Max() + 1;
            var known = _messages.Count == 0 || random.Next(2) == 0 ? "" : $" 1:{_messages.Keys.Max()}";
            var lines = await client.DoAsync(_uidValidity is null ? "SELECT INBOX" : $"SELECT INBOX (QRESYNC ({_uidValidity} {_modSeq}{known}))");
            _uidValidity = Regex.Match(string.Join('\n', lines), @"UIDVALIDITY (\d+)").Groups[1].Value;
            Take(lines);
            Take(await client.DoAsync($"UID FETCH {from}:* (FLAGS)"));
            _complete = _messages.Count == 0 ? 0 : _messages.Keys.Max();
        }

        public async Task DoSomethingAsync(ImapClient client, Random random, bool byUidOnly)
        {
            var uid = random.Next(1, 40);
            var lines = await client.RunAsync(random.Next(7) switch
            {
                0 => "NOOP",
                1 when !byUidOnly => $"FETCH {random.Next(1, 4)} (UID MODSEQ)",
                2 when !byUidOnly => $"STORE {random.Next(1, 4)} +FLAGS ({Flag(random)})",
                3 => $"UID STORE {uid} +FLAGS ({Flag(random)})",
                4 => "EXPUNGE",
                5 => $"UID FETCH {uid}:* (FLAGS) (CHANGEDSINCE {_modSeq} VANISHED)",
                _ => $"UID FETCH {uid} (FLAGS MODSEQ)",
            });
            Take(lines);
        }

        public void Take(List<string> lines)
        {
            long highest = 0, code = 0;
            foreach (var line in lines)
            {
                if (Regex.Match(line, @"HIGHESTMODSEQ (\d+)\]") is { Success: true } told)
                    code = long.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture);
                if (Regex.Match(line, @"MODSEQ \((\d+)\)") is { Success: true } modSeq)
                    highest = Math.Max(highest, long.Parse(modSeq.Groups[1].Value, CultureInfo.InvariantCulture));
                if (Regex.Match(line, @"^\* VANISHED (?:\(EARLIER\) )?([\d:,]+)$") is { Success: true } vanished)
                    Vanish(vanished.Groups[1].Value);
                else if (Regex.Match(line, @"^\* (\d+) (UID)?FETCH \(") is { Success: true } fetch)
                    Learn(line, fetch);
            }

            if (code != 0)
                _modSeq = code;
            else if (highest > _modSeq)
                _modSeq = highest;
        }

        public string Describe() => string.Join('\n', _messages.Select(static message => $"{message.Key} {message.Value}"));

        private void Learn(string line, Match fetch)
        {
            var uid = Regex.Match(line, @"\bUID (\d+)");
            var flags = Regex.Match(line, @"FLAGS \(([^)]*)\)");
            if (!flags.Success)
                return;
            var key = uint.Parse((fetch.Groups[2].Success ? fetch : uid).Groups[1].Value, CultureInfo.InvariantCulture);
            if (key <= _complete)
                _messages[key] = string.Join(' ', flags.Groups[1].Value.Split(' ').Where(static flag => flag != "\\Recent").Order(StringComparer.Ordinal));
        }

        private void Vanish(string set)
        {
            foreach (var range in set.Split(','))
            {
                var ends = range.Split(':').Select(static end => uint.Parse(end, CultureInfo.InvariantCulture)).ToArray();
                for (var uid = ends[0]; uid <= ends[^1]; uid++)
                    _messages.Remove(uid);
            }
        }
    }
}
