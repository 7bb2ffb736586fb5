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
        var view = client.ViewWhenRun(reportsFirst: step.Kind != StepKind.StoreSilent);
        switch (step.Kind)
        {
            case StepKind.Select or StepKind.Examine:
                Note(client, $"{step.Kind.ToString().ToUpperInvariant()} {name}");
                await client.SelectAsync(name, step.Kind == StepKind.Examine);
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
            Note(client, "SELECT INBOX");
            await client.SelectAsync("INBOX", readOnly: false);
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

    // STORE, FETCH, COPY, MOVE: a set of messages and what to do with it
    private async Task MessagesAsync(ModelClient client, ModelMailbox mailbox, List<uint> view, Step step, string name)
    {
        var byUid = step.Kind is StepKind.UidStore or StepKind.UidFetch or StepKind.UidCopy;
        if (view.Count == 0 || client.View.Count == 0)
            return;
        List<uint> uids;
        string set;
        if (byUid)
        {
            var (from, to) = UidRange(mailbox, step);
            set = $"{from}:{to}";
            uids = [.. (step.Kind == StepKind.UidStore ? view.Union(mailbox.Uids) : view).Where(uid => uid >= from && uid <= to)];
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
                    await ChangedSinceAsync(client, mailbox, set, uids, step);
                return;
            case StepKind.Copy or StepKind.UidCopy or StepKind.Move:
                if (step.Kind != StepKind.Move || name != mailbox.Name)
                    await TransferAsync(client, mailbox, prefix, set, uids, name, move: step.Kind == StepKind.Move);
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
        var silent = step.Kind == StepKind.StoreSilent;
        var condition = "";
        var spared = new List<uint>();
        if (step.Kind == StepKind.StoreUnchangedSince)
        {
            if (!client.TellsModSeqs)
                return;
            var since = mailbox.HighestModSeq + 1 - (step.C % 6);
            condition = $"(UNCHANGEDSINCE {Math.Max(0, since)}) ";
            spared = [.. uids.Where(uid => mailbox.Find(uid) is { } message && message.ModSeq + 1 > Math.Max(0, since))];
        }

        var gone = uids.Exists(uid => mailbox.Find(uid) is null);
        if (!client.IsReadOnly)
        {
            foreach (var uid in uids.Except(spared))
            {
                mailbox.Store(uid, mode, flags);
                if (silent && mailbox.Find(uid) is { } message && client.View.Find(belief => belief.Uid == uid) is { } belief)
                    (belief.Flags, belief.ModSeq) = (message.FlagText, belief.ModSeq);
            }
        }

        var tagged = await RunAsync(client, $"{prefix}STORE {set} {condition}{mode}FLAGS{(silent ? ".SILENT" : "")} ({string.Join(' ', flags)})", mayExpunge: prefix.Length > 0);
        if (client.IsReadOnly)
            Expect(tagged, "NO [READ-ONLY]");
        else if (spared.Count > 0)
            tagged.ShouldStartWith($"OK [MODIFIED {Set(spared.Select(uid => prefix.Length > 0 ? uid : (uint)client.View.FindIndex(belief => belief.Uid == uid) + 1))}]");
        else if (!gone || prefix.Length > 0)
            Expect(tagged, "OK");
    }

    private async Task ChangedSinceAsync(ModelClient client, ModelMailbox mailbox, string set, List<uint> uids, Step step)
    {
        var since = Math.Max(1, mailbox.HighestModSeq + 1 - (step.A % 8));
        Expect(await RunAsync(client, $"FETCH {set} (UID) (CHANGEDSINCE {since})", mayExpunge: false), "OK");
        var told = client.Lines.Select(static line => Regex.Match(line, @"FETCH \(UID (\d+)")).Where(static match => match.Success)
            .Select(static match => uint.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)).ToHashSet();
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
        Expect(await RunAsync(client, $"STATUS {name} (MESSAGES UIDNEXT UNSEEN DELETED)", mayExpunge: true), "OK");
        client.Lines.ShouldContain(
            $"* STATUS {name} (MESSAGES {mailbox.Messages.Count} UIDNEXT {mailbox.UidNext} UNSEEN {mailbox.Messages.Count(static message => !message.Has("\\Seen"))}"
            + $" DELETED {mailbox.Messages.Count(static message => message.Has("\\Deleted"))})");
    }

    private async Task SearchAsync(ModelClient client, ModelMailbox mailbox, List<uint> view, Step step)
    {
        var flag = AllFlags[step.A % AllFlags.Length];
        var key = flag.StartsWith('\\') ? flag[1..].ToUpperInvariant() : $"KEYWORD {flag}";
        var byUid = step.Kind == StepKind.UidSearch;
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
