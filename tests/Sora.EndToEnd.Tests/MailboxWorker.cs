using System.Globalization;
using Sora.EndToEnd.Tests.Wire;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// One client of a mailbox that others change too. It owns one keyword, which nobody else sets or clears, so it always knows what each
/// message must have; the view itself is held against every response.
/// </summary>
internal sealed class MailboxWorker : IDisposable
{
    private const int KeepMessages = 40;

    private readonly SharedMailbox _shared;
    private readonly Random _random;
    private readonly HashSet<uint> _doubtful = [];
    private HashSet<uint> _changing = [];

    public MailboxWorker(ImapClient client, int number, SharedMailbox shared)
    {
        Client = client;
        Keyword = KeywordOf(number);
        _shared = shared;
        _random = new Random(number);
        client.View.OnFetch = Fetched;
        client.View.OnExpunge = Expunged;
    }

    public ImapClient Client { get; }

    public string Keyword { get; }

    /// <summary>UIDs that have the keyword.</summary>
    public HashSet<uint> Flagged { get; } = [];

    private MailboxView View => Client.View;

    public static string KeywordOf(int number) => string.Create(CultureInfo.InvariantCulture, $"$owner{number}");

    /// <summary>Works until the time is over.</summary>
    public async Task RunAsync(CancellationToken time)
    {
        while (!time.IsCancellationRequested)
        {
            await ReadNewAsync();
            await ResolveAsync();
            switch (_random.Next(10))
            {
                case 0 when View.Uids.Count > KeepMessages:
                    await ExpungeAsync();
                    break;
                case < 5 when View.Uids.Count > 0:
                    await StoreAsync();
                    break;
                case < 7 when View.Uids.Count > 0:
                    MustBeOkUnlessExpunged(await Client.RunAsync("FETCH 1:* (UID FLAGS)"));
                    break;
                case 7:
                    await SearchAsync();
                    break;
                case 8 when !time.IsCancellationRequested:
                    // Deliveries go on all the time, so something always comes
                    await Client.BeginIdleAsync();
                    await Client.ReadUntaggedAsync();
                    await Client.EndIdleAsync();
                    break;
                default:
                    await Client.OkAsync("NOOP");
                    break;
            }
        }
    }

    /// <summary>Brings the view up to date.</summary>
    public async Task FinishAsync()
    {
        await Client.OkAsync("NOOP");
        await ReadNewAsync();
        if (View.Uids.Count > 0)
            await Client.OkAsync("UID FETCH 1:* (FLAGS)");
        await ResolveAsync();
    }

    public void Dispose() => Client.Dispose();

    private async Task ReadNewAsync()
    {
        var first = 0;
        while (first < View.Uids.Count && IsRead(View.Uids[first]))
            first++;
        if (first < View.Uids.Count)
            MustBeOkUnlessExpunged(await Client.RunAsync($"FETCH {first + 1}:* (UID FLAGS BODY.PEEK[HEADER.FIELDS ({TestMail.Field})])"));
        bool IsRead(uint uid) => uid != 0 && _shared.Numbers.ContainsKey(uid);
    }

    private async Task StoreAsync()
    {
        var position = _random.Next(View.Uids.Count);
        var count = Math.Min(_random.Next(1, 4), View.Uids.Count - position);
        var uids = View.Uids.Skip(position).Take(count).Where(static uid => uid != 0).ToList();
        if (uids.Count == 0)
            return;
        var add = _random.Next(3) > 0;
        var set = _random.Next(2) == 0 && uids.Count == count
            ? $"STORE {position + 1}:{position + count}"
            : "UID STORE " + string.Join(',', uids);
        var silent = _random.Next(2) == 0 ? ".SILENT" : "";

        // Until the answer is there, both states may be seen
        _changing = [.. uids];
        var answer = await Client.RunAsync($"{set} {(add ? '+' : '-')}FLAGS{silent} ({Keyword})");
        MustBeOkUnlessExpunged(answer);
        foreach (var uid in uids)
        {
            if (add)
                Flagged.Add(uid);
            else
                Flagged.Remove(uid);
        }

        _changing = [];
    }

    private async Task ExpungeAsync()
    {
        var uids = View.Uids.Where(uid => uid != 0 && _shared.Numbers.ContainsKey(uid)).ToList();
        if (uids.Count == 0)
            return;
        var from = _random.Next(uids.Count);
        var set = string.Join(',', uids.Skip(from).Take(_random.Next(1, Math.Max(2, uids.Count - KeepMessages))));
        MustBeOkUnlessExpunged(await Client.RunAsync($"UID STORE {set} +FLAGS.SILENT (\\Deleted)"));
        await Client.OkAsync($"UID EXPUNGE {set}");
    }

    private async Task SearchAsync()
    {
        var answer = await Client.OkAsync("UID SEARCH KEYWORD " + Keyword);
        _doubtful.UnionWith(answer.Found.Where(uid => View.Uids.Contains(uid) && !Flagged.Contains(uid)));
    }

    private void Fetched(uint uid, ImapResponse response)
    {
        if (response.Values[2].Items.FirstOrDefault(static item => item.Kind == ImapValueKind.Text) is { } header)
        {
            var number = TestMail.NumberOf(header.Bytes);
            _shared.Numbers.GetOrAdd(uid, number).ShouldBe(number, $"UID {uid} was given twice");
        }

        if (response.Item("FLAGS") is not null && !_changing.Contains(uid) && View.Flags[uid].Contains(Keyword) != Flagged.Contains(uid))
            _doubtful.Add(uid);
    }

    // A message that another client has expunged may be in our view still, where our last change of it does not show: NOOP tells of that
    private async Task ResolveAsync()
    {
        if (_doubtful.Count == 0)
            return;
        await Client.OkAsync("NOOP");
        _doubtful.ShouldBeEmpty($"messages whose {Keyword} is not as it was stored");
    }

    private void Expunged(uint uid)
    {
        _doubtful.Remove(uid);
        if (uid != 0)
            _shared.Gone[uid] = true;
    }

    // RFC 5530: somebody else expunged a message that our view still has
    private static void MustBeOkUnlessExpunged(ImapAnswer answer) =>
        (answer.IsOk || answer.Tagged.Code == "EXPUNGEISSUED").ShouldBeTrue(answer.Tagged.ToString());
}
