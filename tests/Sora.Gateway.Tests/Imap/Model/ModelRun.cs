using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap.Model;

/// <summary>One run: clients of one user take steps one after another; after each, the model, the server and what the client believes must agree.</summary>
internal sealed class ModelRun(ImapFixture fixture, int clientCount)
{
    private const int MaxMessages = 24; // copies of copies would only make the runs slow

    private static readonly string[] Names = ["INBOX", "Archive", "Trash"];
    private static readonly string[] AllFlags = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "$One", "$Two", "three"];

    private readonly Dictionary<string, ModelMailbox> _mailboxes = Names.ToDictionary(static name => name, static name => new ModelMailbox(name));
    private readonly List<ModelClient> _clients = [];
    private readonly StringBuilder _transcript = new();
    private bool _ran; // not every step finds something to do

    public string Transcript => _transcript.ToString();

    /// <summary>Commands that were sent.</summary>
    public int Commands { get; private set; }

    /// <summary>Steps that were taken, the one that failed included.</summary>
    public int Taken { get; private set; }

    /// <summary>Takes the steps; the error of the first that fails, or null.</summary>
    public async Task<string?> TryAsync(IReadOnlyList<Step> steps)
    {
        var user = await fixture.UserAsync();
        try
        {
            for (var i = 0; i < clientCount; i++)
                _clients.Add(await ModelClient.ConnectAsync(i, user, _mailboxes));
            foreach (var step in steps)
            {
                _ran = false;
                Taken++;
                try
                {
                    await TakeAsync(_clients[step.Client % clientCount], step);
                    foreach (var name in Names)
                        _mailboxes[name].Check((await (await user.MailboxAsync(name)).OpenAsync(default, CancellationToken.None)).Value.Index!);
                    if (_ran)
                        _clients[step.Client % clientCount].Check(sawAll: step.Kind is StepKind.Noop or StepKind.Idle);
                }
                catch (Exception e) when (e is ShouldAssertException or IOException)
                {
                    foreach (var line in _ran ? _clients[step.Client % clientCount].Lines : [])
                        _transcript.Append("   S: ").AppendLine(line);
                    return e.Message;
                }
            }

            return null;
        }
        finally
        {
            foreach (var client in _clients)
                client.Dispose();
        }
    }

    private async Task TakeAsync(ModelClient client, Step step)
    {
        var name = Names[step.A % Names.Length];
        var view = client.ViewWhenRun(reportsFirst: step.Kind is not (StepKind.StoreSilent or StepKind.FetchVanished));
        switch (step.Kind)
        {
            case StepKind.Select or StepKind.Examine:
                await SelectAsync(client, name, step);
                return;
            case StepKind.Reconnect:
                Note(client, "(comes back)");
                await client.ReconnectAsync();
                await SelectAsync(client, name, step);
                return;
            case StepKind.Append:
                await AppendAsync(client, name, FlagsOf(step.B));
                return;
            case StepKind.Status:
                await StatusAsync(client, name);
                return;
        }

        if (client.Selected is not { } mailbox)
        {
            await SelectAsync(client, "INBOX", step);
            return;
        }

        switch (step.Kind)
        {
            case StepKind.Noop:
                Expect(await RunAsync(client, "NOOP", mayExpunge: true), "OK");
                return;
            case StepKind.Idle:
                Note(client, "IDLE");
                await client.IdleAsync();
                return;
            case StepKind.Unselect:
                Note(client, "UNSELECT");
                await client.LeaveAsync("UNSELECT");
                return;
            case StepKind.Close:
                Note(client, "CLOSE");
                if (!client.IsReadOnly)
                    mailbox.Expunge(Deleted(mailbox));
                await client.LeaveAsync("CLOSE");
                return;
            case StepKind.Expunge:
                if (!client.IsReadOnly)
                    mailbox.Expunge(Deleted(mailbox));
                Expect(await RunAsync(client, "EXPUNGE", mayExpunge: true), client.IsReadOnly ? "NO [READ-ONLY]" : "OK");
                return;
            case StepKind.UidExpunge:
                var (from, to) = UidRange(mailbox, step);
                if (!client.IsReadOnly)
                    mailbox.Expunge([.. Deleted(mailbox).Where(uid => uid >= from && uid <= to)]);
                Expect(await RunAsync(client, $"UID EXPUNGE {from}:{to}", mayExpunge: true), client.IsReadOnly ? "NO [READ-ONLY]" : "OK");
                return;
            case StepKind.Search or StepKind.UidSearch:
                await SearchAsync(client, mailbox, view, step);
                return;
            default:
                await MessagesAsync(client, mailbox, view, step, name);
                return;
        }
    }

    private async Task SelectAsync(ModelClient client, string name, Step step)
    {
        Note(client, $"SELECT {name}");
        var parameters = await client.SelectAsync(name, readOnly: step.Kind == StepKind.Examine, choice: step.B);
        if (parameters.Length > 0)
            _transcript.Append("   with").AppendLine(parameters);
    }

    // STORE, FETCH, COPY, MOVE: a set of messages and what to do with it
    private async Task MessagesAsync(ModelClient client, ModelMailbox mailbox, List<uint> view, Step step, string name)
    {
        var byUid = client.UsesUids
            || step.Kind is StepKind.UidStore or StepKind.UidStoreUnchangedSince or StepKind.UidFetch or StepKind.FetchVanished or StepKind.UidCopy or StepKind.UidMove;
        var stores = step.Kind is StepKind.Store or StepKind.StoreSilent or StepKind.StoreUnchangedSince or StepKind.UidStore or StepKind.UidStoreUnchangedSince;
        if (view.Count == 0 || client.View.Count == 0)
            return;
        List<uint> uids;
        string set;
        if (byUid)
        {
            var (from, to) = UidRange(mailbox, step);
            set = $"{from}:{to}";
            uids = [.. (stores ? view.Union(mailbox.Uids) : view).Where(uid => uid >= from && uid <= to)];
        }
        else
        {
            // Only numbers that the client knows; "*" is the last one that the server has told it of when the command runs
            int a = (step.B % client.View.Count) + 1, b = (step.C % client.View.Count) + 1;
            (a, b) = (Math.Min(a, b), Math.Max(a, b));
            (set, uids) = (step.D % 4) switch
            {
                0 => ($"{a}", [view[a - 1]]),
                1 => ($"{a}:*", view[(a - 1)..]),
                2 => ($"{b},{a}", a == b ? [view[a - 1]] : [view[a - 1], view[b - 1]]),
                _ => ($"{b}:{a}", view[(a - 1)..b]),
            };
        }

        var prefix = byUid ? "UID " : "";
        switch (step.Kind)
        {
            case StepKind.FetchFlags or StepKind.UidFetch:
                Expect(await RunAsync(client, $"{prefix}FETCH {set} (FLAGS{(client.TellsModSeqs ? " MODSEQ" : "")})", mayExpunge: byUid), "OK");
                foreach (var uid in uids)
                    client.View.Find(belief => belief.Uid == uid)?.Flags.ShouldNotBeNull($"flags of UID {uid} after FETCH");
                return;
            case StepKind.FetchChangedSince:
                if (client.TellsModSeqs)
                    await ChangedSinceAsync(client, mailbox, prefix, set, uids, step);
                return;
            case StepKind.FetchVanished:
                if (client.Resyncs)
                    await VanishedAsync(client, mailbox, set, uids, step);
                return;
            case StepKind.Copy or StepKind.UidCopy or StepKind.Move or StepKind.UidMove:
                var move = step.Kind is StepKind.Move or StepKind.UidMove;
                if (!move || name != mailbox.Name)
                    await TransferAsync(client, mailbox, prefix, set, uids, name, move);
                return;
            default:
                await StoreAsync(client, mailbox, prefix, set, uids, step);
                return;
        }
    }

    private async Task StoreAsync(ModelClient client, ModelMailbox mailbox, string prefix, string set, List<uint> uids, Step step)
    {
        var flags = FlagsOf(step.A);
        var mode = (step.D % 5) switch { 0 => "", 1 or 2 => "-", _ => "+" };
        if (flags.Count == 0 && mode.Length > 0)
            return;
        var silent = step.Kind == StepKind.StoreSilent || (step.Kind == StepKind.UidStoreUnchangedSince && step.B % 2 == 0);
        var condition = "";
        var spared = new List<uint>();
        if (step.Kind is StepKind.StoreUnchangedSince or StepKind.UidStoreUnchangedSince)
        {
            if (!client.TellsModSeqs)
                return;
            var since = mailbox.HighestModSeq + 1 - (step.C % 6);
            condition = $"(UNCHANGEDSINCE {Math.Max(0, since)}) ";
            spared = [.. uids.Where(uid => mailbox.Find(uid) is { } message && message.ModSeq + 1 > Math.Max(0, since))];
        }

        if (!client.IsReadOnly)
        {
            foreach (var uid in uids.Except(spared))
            {
                mailbox.Store(uid, mode, flags);
                if (client.View.Find(belief => belief.Uid == uid) is not { } belief)
                    continue;
                if (mailbox.Find(uid) is not { } message)
                    belief.FlagsAt = 0; // gone: the client alone sees what it has stored
                else if (silent)
                    (belief.Flags, belief.FlagsAt) = (message.FlagText, 0);
            }
        }

        var tagged = await RunAsync(client, $"{prefix}STORE {set} {condition}{mode}FLAGS{(silent ? ".SILENT" : "")} ({string.Join(' ', flags)})", mayExpunge: prefix.Length > 0);
        if (client.IsReadOnly)
            Expect(tagged, "NO [READ-ONLY]");
        else if (spared.Count > 0)
            tagged.ShouldStartWith($"OK [MODIFIED {Set(spared.Select(uid => prefix.Length > 0 ? uid : (uint)client.View.FindIndex(belief => belief.Uid == uid) + 1))}]");
        else
            Expect(tagged, "OK");
    }

    private async Task ChangedSinceAsync(ModelClient client, ModelMailbox mailbox, string prefix, string set, List<uint> uids, Step step)
    {
        var since = Math.Max(1, mailbox.HighestModSeq + 1 - (step.A % 8));
        Expect(await RunAsync(client, $"{prefix}FETCH {set} {Item(client)} (CHANGEDSINCE {since})", mayExpunge: prefix.Length > 0), "OK");
        CheckChanged(client, mailbox, uids, since);
    }

    private async Task VanishedAsync(ModelClient client, ModelMailbox mailbox, string set, List<uint> uids, Step step)
    {
        var since = Math.Max(1, mailbox.HighestModSeq + 1 - (step.A % 16));
        var known = client.View.Select(static belief => belief.Uid).ToHashSet();
        Expect(await RunAsync(client, $"UID FETCH {set} {Item(client)} (CHANGEDSINCE {since} VANISHED)", mayExpunge: true), "OK");
        CheckChanged(client, mailbox, uids, since);
        var vanished = client.Lines.Where(static line => line.StartsWith("* VANISHED (EARLIER) ", StringComparison.Ordinal))
            .SelectMany(static line => ModelClient.UidsOf(line[21..])).ToHashSet();
        var named = ModelClient.UidsOf(set).ToHashSet();
        vanished.IsSubsetOf(named).ShouldBeTrue("UIDs that were not asked for");
        foreach (var (uid, after, upTo) in mailbox.Gone.Where(gone => named.Contains(gone.Uid)))
        {
            if (upTo + 1 <= since || known.Contains(uid))
                vanished.ShouldNotContain(uid, known.Contains(uid) ? "of messages that the client still counts" : $"gone before {since}");
            else if (after + 1 >= since)
                vanished.ShouldContain(uid, $"gone since {since}");
        }
    }

    private static string Item(ModelClient client) => client.UsesUids ? "(FLAGS)" : "(UID)";

    private static void CheckChanged(ModelClient client, ModelMailbox mailbox, List<uint> uids, long since)
    {
        var told = client.Lines.Select(static line => Regex.Match(line, @"FETCH \(UID (\d+)|^\* (\d+) UIDFETCH")).Where(static match => match.Success)
            .Select(static match => uint.Parse(match.Groups[1].Success ? match.Groups[1].Value : match.Groups[2].Value, CultureInfo.InvariantCulture)).ToHashSet();
        foreach (var uid in uids)
        {
            if (mailbox.Find(uid) is { } message && message.ModSeq + 1 > since)
                told.ShouldContain(uid, $"changed since {since}");
        }
    }

    private async Task TransferAsync(ModelClient client, ModelMailbox mailbox, string prefix, string set, List<uint> uids, string name, bool move)
    {
        var destination = _mailboxes[name];
        if (destination.Messages.Count + uids.Count > MaxMessages)
            return;
        var gone = uids.Exists(uid => mailbox.Find(uid) is null);
        var does = !gone && uids.Count > 0 && !(move && client.IsReadOnly);
        var before = destination.UidNext;
        if (does)
        {
            foreach (var uid in uids)
                destination.Append(mailbox.Find(uid)!.Flags);
            if (move)
                mailbox.Expunge(uids);
        }

        var tagged = await RunAsync(client, $"{prefix}{(move ? "MOVE" : "COPY")} {set} {name}", mayExpunge: true);
        if (move && client.IsReadOnly)
        {
            Expect(tagged, "NO [READ-ONLY]");
            return;
        }

        Expect(tagged, gone ? "NO [EXPUNGEISSUED]" : "OK");
        if (!does)
            return;
        var code = move ? client.Lines.Single(static line => line.StartsWith("* OK [COPYUID ", StringComparison.Ordinal)) : tagged;
        code.ShouldContain($" {Set(uids)} {Set(Enumerable.Range((int)before, uids.Count).Select(static uid => (uint)uid))}]");
    }

    private async Task AppendAsync(ModelClient client, string name, List<string> flags)
    {
        if (_mailboxes[name].Messages.Count >= MaxMessages)
            return;
        var uid = _mailboxes[name].Append(flags);
        var tagged = await RunAsync(client, $"APPEND {name} ({string.Join(' ', flags)}) {{17+}}\r\nSubject: x\r\n\r\ny\r\n", mayExpunge: true);
        tagged.ShouldStartWith("OK [APPENDUID ");
        tagged.ShouldContain($" {uid}]");
    }

    private async Task StatusAsync(ModelClient client, string name)
    {
        var mailbox = _mailboxes[name];
        var before = mailbox.FirstRecent;
        Expect(await RunAsync(client, $"STATUS {name} (MESSAGES {(client.KnowsRecent ? "RECENT " : "")}UIDNEXT UNSEEN DELETED)", mayExpunge: true), "OK");
        string[] answers = [.. new[] { before, mailbox.FirstRecent }.Select(first => $"* STATUS {name} (MESSAGES {mailbox.Messages.Count} "
            + (client.KnowsRecent ? $"RECENT {mailbox.Messages.Count(message => message.Uid >= first)} " : "")
            + $"UIDNEXT {mailbox.UidNext} UNSEEN {mailbox.Messages.Count(static message => !message.Has("\\Seen"))}"
            + $" DELETED {mailbox.Messages.Count(static message => message.Has("\\Deleted"))})")];

        // In the session that has it selected, new messages may be told, and so not be new any more, before the answer or behind it
        client.Lines.Single(static line => line.StartsWith("* STATUS ", StringComparison.Ordinal)).ShouldBeOneOf(answers);
    }

    private async Task SearchAsync(ModelClient client, ModelMailbox mailbox, List<uint> view, Step step)
    {
        var flag = AllFlags[step.A % AllFlags.Length];
        var key = flag.StartsWith('\\') ? flag[1..].ToUpperInvariant() : $"KEYWORD {flag}";
        var byUid = step.Kind == StepKind.UidSearch || client.UsesUids;
        if (view.Exists(uid => mailbox.Find(uid) is null))
            return; // what is still said of messages that are gone is not the model's business
        var negated = step.B % 2 == 0;
        var tagged = await RunAsync(client, $"{(byUid ? "UID " : "")}SEARCH {(negated ? "NOT " : "")}{key}", mayExpunge: byUid);
        Expect(tagged, "OK");
        List<uint> expected = [];
        for (var i = 0; i < view.Count; i++)
        {
            if (mailbox.Find(view[i])!.Has(flag) != negated)
                expected.Add(byUid ? view[i] : (uint)i + 1);
        }

        if (client.Kind == ClientKind.Rev2)
            client.Lines.Single(static line => line.StartsWith("* ESEARCH ", StringComparison.Ordinal))
                .ShouldEndWith(expected.Count > 0 ? $" ALL {Set(expected)}" : byUid ? " UID" : ")");
        else
            client.Lines.ShouldContain(string.Join(' ', ["* SEARCH", .. expected]));
    }

    private async Task<string> RunAsync(ModelClient client, string command, bool mayExpunge)
    {
        Note(client, command);
        return await client.RunAsync(command, mayExpunge);
    }

    private void Note(ModelClient client, string command)
    {
        _ran = true;
        Commands++;
        _transcript.Append(CultureInfo.InvariantCulture, $"{client.Number} ({client.Kind}) C: ").AppendLine(command.ReplaceLineEndings("\\r\\n"));
    }

    private static void Expect(string tagged, string start) => tagged.ShouldStartWith(start);

    private static List<uint> Deleted(ModelMailbox mailbox) => [.. mailbox.Messages.Where(static message => message.Has("\\Deleted")).Select(static message => message.Uid)];

    private static (uint From, uint To) UidRange(ModelMailbox mailbox, Step step)
    {
        uint a = (uint)(step.B % mailbox.UidNext) + 1, b = (uint)(step.C % mailbox.UidNext) + 1;
        return (Math.Min(a, b), Math.Max(a, b));
    }

    private static List<string> FlagsOf(int bits) => [.. AllFlags.Where((_, i) => (bits >> (i * 2) & 3) == 0)];

    private static string Set(IEnumerable<uint> numbers)
    {
        var builder = new UidSet.Builder();
        foreach (var number in numbers)
            builder.Add(number);
        var text = new StringBuilder();
        foreach (var range in builder.ToSet().Ranges)
            text.Append(text.Length == 0 ? "" : ",").Append(range.First == range.Last ? $"{range.First}" : $"{range.First}:{range.Last}");
        return text.ToString();
    }
}
