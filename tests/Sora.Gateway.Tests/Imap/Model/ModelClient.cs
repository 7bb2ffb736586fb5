using System.Globalization;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap.Model;

internal enum ClientKind
{
    Rev1,
    CondStore,
    Rev2,
    QResync,
    UidOnly,
    UidOnlyQResync,
}

/// <summary>What a client believes of a message, from the server's responses alone.</summary>
internal sealed class Belief(uint uid)
{
    public uint Uid => uid;

    public string? Flags { get; set; }

    /// <summary>As on the wire; 0 when it was never told.</summary>
    public long ModSeq { get; set; }

    /// <summary>The mod-sequence that came with the flags; 0 when they came without one.</summary>
    public long FlagsAt { get; set; }
}

/// <summary>What a QRESYNC client keeps of a mailbox that it has left.</summary>
/// <param name="Uids">All messages it knew, in their order.</param>
/// <param name="Beliefs">Those of them whose flags it knows.</param>
internal sealed record Remembered(uint UidValidity, long ModSeq, List<uint> Uids, Dictionary<uint, Belief> Beliefs);

/// <summary>
/// A client that believes what it is told and complains when that breaks a rule: a number that does not exist, a UID that is another's, an
/// EXPUNGE where none may come, flags that the message never had, a message that is \Recent for two.
/// </summary>
internal sealed class ModelClient(
    int number, ClientKind kind, TestUser user, ImapClient connection, IReadOnlyDictionary<string, ModelMailbox> mailboxes) : IDisposable
{
    private static readonly ClientKind[] Kinds =
    [
        ClientKind.Rev1, ClientKind.CondStore, ClientKind.Rev2, ClientKind.QResync, ClientKind.UidOnly, ClientKind.UidOnlyQResync, ClientKind.QResync, ClientKind.Rev1,
    ];

    private readonly Dictionary<string, Remembered> _remembered = [];
    private readonly HashSet<uint> _recent = [];
    private ImapClient _wire = connection;
    private List<uint>? _reportedFirst;
    private uint _recentTold; // UIDs below are \Recent here or not, for good
    private uint _uidValidity;
    private long _modSeq; // the state that the client knows, as RFC 7162 section 6 has it

    public int Number => number;

    public ClientKind Kind => kind;

    public bool UsesUids => kind is ClientKind.UidOnly or ClientKind.UidOnlyQResync;

    public bool Resyncs => kind is ClientKind.QResync or ClientKind.UidOnlyQResync;

    public bool TellsModSeqs => kind == ClientKind.CondStore || Resyncs;

    public bool KnowsRecent => kind != ClientKind.Rev2;

    /// <summary>Mailbox that is selected, or null.</summary>
    public ModelMailbox? Selected { get; private set; }

    public bool IsReadOnly { get; private set; }

    /// <summary>The messages by their sequence numbers.</summary>
    public List<Belief> View { get; } = [];

    /// <summary>Untagged lines of the last command.</summary>
    public List<string> Lines { get; private set; } = [];

    /// <summary>Some of the messages are gone and the client does not know it.</summary>
    public bool HasGone => Selected is { } mailbox && View.Exists(belief => mailbox.Find(belief.Uid) is null);

    public static async Task<ModelClient> ConnectAsync(int number, TestUser user, IReadOnlyDictionary<string, ModelMailbox> mailboxes)
    {
        var kind = Kinds[number % Kinds.Length];
        return new ModelClient(number, kind, user, await LogInAsync(user, kind), mailboxes);
    }

    public void Dispose() => _wire.Dispose();

    /// <summary>Goes away without a word and comes back.</summary>
    public async Task ReconnectAsync()
    {
        Leave();
        _wire.Dispose();
        _wire = await LogInAsync(user, kind);
    }

    /// <summary>
    /// The UIDs behind the numbers when a command runs: before it the server reports arrivals, unless expunges wait. To be called before the
    /// model is changed.
    /// </summary>
    public List<uint> ViewWhenRun(bool reportsFirst)
    {
        _reportedFirst = reportsFirst && Selected is not null && !HasGone ? [.. Selected.Uids] : null;
        return _reportedFirst ?? [.. View.Select(static belief => belief.Uid)];
    }

    /// <summary>SELECT and EXAMINE; a QRESYNC client that was there before says what it remembers.</summary>
    /// <param name="choice">How much of what it remembers it says.</param>
    /// <returns>The parameters it has sent.</returns>
    public async Task<string> SelectAsync(string name, bool readOnly, int choice)
    {
        Leave();
        var mailbox = mailboxes[name];
        _remembered.Remove(name, out var remembered);
        var parameters = remembered is null ? "" : Parameters(remembered, choice);
        var lines = Lines = await _wire.RunAsync($"{(readOnly ? "EXAMINE" : "SELECT")} {name}{parameters}");
        lines[^1].ShouldStartWith(readOnly ? "OK [READ-ONLY]" : "OK [READ-WRITE]");
        lines.ShouldContain($"* {mailbox.Messages.Count} EXISTS");
        lines.ShouldContain(line => line.StartsWith($"* OK [UIDNEXT {mailbox.UidNext}]"));
        lines.ShouldContain(line => line.StartsWith($"* OK [HIGHESTMODSEQ {mailbox.HighestModSeq + 1}]"));
        var unseen = mailbox.Messages.FindIndex(static message => !message.Has("\\Seen")) + 1;
        var tellsUnseen = KnowsRecent && !UsesUids && unseen > 0;
        lines.Exists(static line => line.StartsWith("* OK [UNSEEN ", StringComparison.Ordinal)).ShouldBe(tellsUnseen);
        if (tellsUnseen)
            lines.ShouldContain(line => line.StartsWith($"* OK [UNSEEN {unseen}]"));
        lines.Exists(static line => line.EndsWith(" RECENT", StringComparison.Ordinal)).ShouldBe(KnowsRecent);
        Selected = mailbox;
        IsReadOnly = readOnly;
        _uidValidity = uint.Parse(Regex.Match(string.Join('\n', lines), @"\[UIDVALIDITY (\d+)\]").Groups[1].Value, CultureInfo.InvariantCulture);
        View.AddRange(mailbox.Uids.Select(uid => remembered?.Beliefs.GetValueOrDefault(uid) ?? new Belief(uid)));
        Claim();
        if (KnowsRecent)
            lines.ShouldContain($"* {RecentCount()} RECENT");
        if (remembered is not null)
            Resynchronize(remembered);
        _modSeq = mailbox.HighestModSeq + 1;
        return parameters;
    }

    /// <summary>CLOSE and UNSELECT.</summary>
    public async Task LeaveAsync(string command)
    {
        await _wire.DoAsync(command);
        Leave();
    }

    /// <summary>Runs a command and takes in what it tells; the tagged line.</summary>
    public async Task<string> RunAsync(string command, bool mayExpunge)
    {
        var lines = await _wire.RunAsync(command);
        var tagged = lines[^1];
        lines.RemoveAt(lines.Count - 1);
        Lines = lines;
        foreach (var line in lines)
            Learn(line, command, mayExpunge);
        EndCommand([.. lines, tagged]);
        return tagged;
    }

    /// <summary>IDLE until all is told.</summary>
    public async Task IdleAsync()
    {
        await _wire.Socket.SendAsync("i IDLE\r\nDONE\r\n");
        Lines = [];
        var isIdle = false;
        while (await _wire.Socket.LineAsync() is { } line && !line.StartsWith("i ", StringComparison.Ordinal))
        {
            Lines.Add(line);
            isIdle |= line.StartsWith("+ ", StringComparison.Ordinal);
            Learn(line, "IDLE", mayExpunge: isIdle);
        }

        EndCommand(Lines);
    }

    /// <summary>Whatever the client was told must be so, and all that concerns messages it knows must have been told.</summary>
    public void Check(bool sawAll)
    {
        if (Selected is not { } mailbox)
            return;
        if (sawAll)
            View.Select(static belief => belief.Uid).ShouldBe(mailbox.Uids, $"messages that client {number} knows");
        foreach (var belief in View)
        {
            if (mailbox.Find(belief.Uid) is not { } message)
                continue;
            if (belief.Flags is { } flags)
                flags.ShouldBe(message.FlagText, $"flags that client {number} knows of UID {belief.Uid}");
            if (TellsModSeqs && belief.ModSeq != 0)
                belief.ModSeq.ShouldBe(message.ModSeq + 1, $"mod-sequence that client {number} knows of UID {belief.Uid}");
        }
    }

    /// <summary>The UIDs of a set that has no star.</summary>
    public static IEnumerable<uint> UidsOf(string set)
    {
        foreach (var range in set.Split(','))
        {
            var ends = range.Split(':').Select(static end => uint.Parse(end, CultureInfo.InvariantCulture)).ToArray();
            for (var uid = ends[0]; uid <= ends[^1]; uid++)
                yield return uid;
        }
    }

    private static Task<ImapClient> LogInAsync(TestUser user, ClientKind kind) => user.LogInAsync(kind switch
    {
        ClientKind.CondStore => "ENABLE CONDSTORE",
        ClientKind.Rev2 => "ENABLE IMAP4rev2",
        ClientKind.QResync => "ENABLE QRESYNC",
        ClientKind.UidOnly => "ENABLE UIDONLY",
        ClientKind.UidOnlyQResync => "ENABLE QRESYNC UIDONLY",
        _ => null,
    });

    private void Leave()
    {
        if (Selected is { } mailbox && Resyncs)
        {
            _remembered[mailbox.Name] = new Remembered(
                _uidValidity, _modSeq, [.. View.Select(static belief => belief.Uid)], View.Where(static belief => belief.Flags is not null).ToDictionary(static belief => belief.Uid));
        }

        Selected = null;
        View.Clear();
        _recent.Clear();
        _recentTold = 0;
    }

    // Known UIDs, or none, which means all; and of some messages the numbers that they had
    private string Parameters(Remembered remembered, int choice)
    {
        var known = "";
        if (choice % 4 > 0 && remembered.Uids.Count > 0)
        {
            var from = choice % 4 == 3 ? remembered.Uids[choice / 4 % remembered.Uids.Count] : 1;
            known = $" {from}:{remembered.Uids[^1]}";
            foreach (var uid in remembered.Beliefs.Keys.Where(uid => uid < from).ToList())
                remembered.Beliefs.Remove(uid); // of those it wants to hear nothing
            if (choice % 4 == 2 && !UsesUids)
            {
                var numbers = Enumerable.Range(1, remembered.Uids.Count).Where(position => (choice >> (position % 12) & 1) == 1 || position == remembered.Uids.Count).ToList();
                known += $" ({string.Join(',', numbers)} {string.Join(',', numbers.Select(position => remembered.Uids[position - 1]))})";
            }
        }

        return $" (QRESYNC ({remembered.UidValidity} {remembered.ModSeq}{known}))";
    }

    // What is gone comes before what was changed, and afterwards the client knows the state of all that it remembered.
    private void Resynchronize(Remembered remembered)
    {
        var isFetching = false;
        foreach (var line in Lines)
        {
            if (Regex.Match(line, @"^\* VANISHED \(EARLIER\) ([\d:,]+)$") is { Success: true } vanished)
            {
                isFetching.ShouldBeFalse($"{line} behind FETCH responses");
                foreach (var uid in UidsOf(vanished.Groups[1].Value))
                {
                    Selected!.Find(uid).ShouldBeNull($"{line}, but UID {uid} is there");
                    remembered.Beliefs.Remove(uid);
                }
            }
            else if (line.Contains("FETCH (", StringComparison.Ordinal))
            {
                isFetching = true;
                line.ShouldContain("MODSEQ (");
                Learn(line, "SELECT", mayExpunge: false);
            }
        }

        foreach (var uid in remembered.Beliefs.Keys)
            Selected!.Find(uid).ShouldNotBeNull($"UID {uid}, which is gone without a word");
    }

    private void EndCommand(List<string> lines)
    {
        if (Selected is null)
            return;
        foreach (var line in lines)
            CheckRecent(line);
        long code = 0, highest = 0;
        foreach (var line in lines)
        {
            if (Regex.Match(line, @"\[HIGHESTMODSEQ (\d+)\]") is { Success: true } told)
                code = long.Parse(told.Groups[1].Value, CultureInfo.InvariantCulture);
            if (Regex.Match(line, @"FETCH \(.*MODSEQ \((\d+)\)") is { Success: true } modSeq)
                highest = Math.Max(highest, long.Parse(modSeq.Groups[1].Value, CultureInfo.InvariantCulture));
        }

        _modSeq = code != 0 ? code : Math.Max(_modSeq, highest);
    }

    private int RecentCount() => View.Count(belief => _recent.Contains(belief.Uid));

    // The first session that may change the mailbox takes what is new for itself; those that only look leave it to others.
    private void Claim()
    {
        if (!KnowsRecent || Selected is not { } mailbox)
            return;
        for (var uid = Math.Max(_recentTold, mailbox.FirstRecent); uid < mailbox.UidNext; uid++)
            _recent.Add(uid);
        _recentTold = mailbox.UidNext;
        if (!IsReadOnly)
            mailbox.FirstRecent = mailbox.UidNext;
    }

    private void CheckRecent(string line)
    {
        if (FetchedBy(line) is not { } belief || Regex.Match(line, @"FLAGS \(([^)]*)\)") is not { Success: true } flags)
            return;
        flags.Groups[1].Value.Contains("\\Recent", StringComparison.Ordinal).ShouldBe(_recent.Contains(belief), $"\\Recent in {line}");
    }

    // UID of a FETCH response in which it can be seen, however many messages have gone since.
    private static uint? FetchedBy(string line) =>
        Regex.Match(line, @"^\* (\d+) UIDFETCH \(") is { Success: true } byUid ? uint.Parse(byUid.Groups[1].Value, CultureInfo.InvariantCulture)
        : Regex.Match(line, @"^\* \d+ FETCH \(.*\bUID (\d+)") is { Success: true } fetch ? uint.Parse(fetch.Groups[1].Value, CultureInfo.InvariantCulture)
        : null;

    private void Learn(string line, string command, bool mayExpunge)
    {
        if (NumberIn(line, @"^\* (\d+) EXISTS$") is { } exists)
        {
            exists.ShouldBeGreaterThan(View.Count, line);
            var last = View.Count == 0 ? 0 : View[^1].Uid;
            var uids = _reportedFirst is { } first && first.Count == exists ? first : [.. Selected!.Uids];
            _reportedFirst = null;
            View.AddRange(uids.Where(uid => uid > last).Select(static uid => new Belief(uid)));
            View.Count.ShouldBe(exists, $"{line} during {command}");
            Claim();
        }
        else if (NumberIn(line, @"^\* (\d+) RECENT$") is { } recent)
        {
            KnowsRecent.ShouldBeTrue($"{line} to a client of IMAP4rev2");
            recent.ShouldBe(RecentCount(), line);
        }
        else if (NumberIn(line, @"^\* (\d+) EXPUNGE$") is { } expunged)
        {
            mayExpunge.ShouldBeTrue($"{line} during {command}");
            (Resyncs || UsesUids).ShouldBeFalse($"{line} to a client that gets VANISHED");
            expunged.ShouldBeLessThanOrEqualTo(View.Count, line);
            Vanish(View[expunged - 1].Uid, line, command);
        }
        else if (Regex.Match(line, @"^\* VANISHED ([\d:,]+)$") is { Success: true } vanished)
        {
            mayExpunge.ShouldBeTrue($"{line} during {command}");
            (Resyncs || UsesUids).ShouldBeTrue($"{line} to a client that gets EXPUNGE");
            foreach (var uid in UidsOf(vanished.Groups[1].Value))
                Vanish(uid, line, command);
        }
        else if (line.StartsWith("* VANISHED (EARLIER)", StringComparison.Ordinal))
        {
            command.ShouldContain("VANISHED", customMessage: line);
            foreach (var uid in UidsOf(line[21..]))
                View.ShouldNotContain(belief => belief.Uid == uid, line);
        }
        else if (NumberIn(line, @"^\* (\d+) FETCH \(") is { } fetched)
        {
            UsesUids.ShouldBeFalse($"{line} to a client that gets UIDFETCH");
            fetched.ShouldBeLessThanOrEqualTo(View.Count, line);
            Learn(View[fetched - 1], line, isAsked: command.Contains("FETCH", StringComparison.Ordinal));
        }
        else if (NumberIn(line, @"^\* (\d+) UIDFETCH \(") is { } fetchedUid)
        {
            UsesUids.ShouldBeTrue($"{line} to a client that gets FETCH");
            line.ShouldNotContain("(UID ");
            Learn(View.Find(belief => belief.Uid == fetchedUid).ShouldNotBeNull($"{line} of a message that was not told"), line, isAsked: true);
        }
    }

    private void Vanish(uint uid, string line, string command)
    {
        var position = View.FindIndex(belief => belief.Uid == uid);
        position.ShouldBeGreaterThanOrEqualTo(0, $"{line} during {command}: UID {uid} was not told");
        Selected!.Find(uid).ShouldBeNull($"{line} of a message that is there, during {command}");
        View.RemoveAt(position);
    }

    private void Learn(Belief belief, string line, bool isAsked)
    {
        if (Regex.Match(line, @"[( ]UID (\d+)") is { Success: true } uid)
            uid.Groups[1].Value.ShouldBe(belief.Uid.ToString(CultureInfo.InvariantCulture), line);
        else if (TellsModSeqs)
            isAsked.ShouldBeTrue($"No UID for a client that knows mod-sequences: {line}");
        var before = belief.Flags;
        var flags = Regex.Match(line, @"FLAGS \(([^)]*)\)");
        if (flags.Success)
        {
            var all = flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!KnowsRecent)
                all.ShouldNotContain("\\Recent", line);
            belief.Flags = string.Join(' ', new SortedSet<string>(all.Where(static flag => flag != "\\Recent"), StringComparer.OrdinalIgnoreCase));
        }

        if (Regex.Match(line, @"MODSEQ \((\d+)\)") is { Success: true } modSeq)
        {
            var value = long.Parse(modSeq.Groups[1].Value, CultureInfo.InvariantCulture);
            value.ShouldBeGreaterThanOrEqualTo(belief.ModSeq, $"{line} goes back");
            belief.ModSeq = value;
            if (flags.Success && value == belief.FlagsAt)
                belief.Flags.ShouldBe(before, $"{line} has other flags with the same mod-sequence");
            if (flags.Success)
                belief.FlagsAt = value;
        }
        else if (TellsModSeqs)
        {
            flags.Success.ShouldBeFalse($"Flags without a mod-sequence for a CONDSTORE client: {line}");
        }
    }

    private static int? NumberIn(string line, string pattern) =>
        Regex.Match(line, pattern) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;
}
