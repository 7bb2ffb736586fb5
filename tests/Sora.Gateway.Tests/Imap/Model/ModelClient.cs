using System.Globalization;
using System.Text.RegularExpressions;

namespace Sora.Gateway.Tests.Imap.Model;

internal enum ClientKind
{
    Rev1,
    CondStore,
    Rev2,
}

/// <summary>What a client believes of a message, from the server's responses alone.</summary>
internal sealed class Belief(uint uid)
{
    public uint Uid => uid;

    public string? Flags { get; set; }

    /// <summary>As on the wire; 0 when it was never told.</summary>
    public long ModSeq { get; set; }
}

/// <summary>
/// A client that believes what it is told and complains when that breaks a rule: a number that does not exist, a UID that is another's, an
/// EXPUNGE where none may come, flags that the message never had.
/// </summary>
internal sealed class ModelClient(int number, ClientKind kind, ImapClient wire, IReadOnlyDictionary<string, ModelMailbox> mailboxes) : IDisposable
{
    public int Number => number;

    public ClientKind Kind => kind;

    public bool TellsModSeqs => kind == ClientKind.CondStore;

    private List<uint>? _reportedFirst;

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
        var kind = (ClientKind)(number % 3);
        var wire = await user.LogInAsync(kind switch
        {
            ClientKind.CondStore => "ENABLE CONDSTORE",
            ClientKind.Rev2 => "ENABLE IMAP4rev2",
            _ => null,
        });
        return new ModelClient(number, kind, wire, mailboxes);
    }

    public void Dispose() => wire.Dispose();

    /// <summary>
    /// The UIDs behind the numbers when a command runs: before it the server reports arrivals, unless expunges wait. To be called before the
    /// model is changed.
    /// </summary>
    public List<uint> ViewWhenRun(bool reportsFirst)
    {
        _reportedFirst = reportsFirst && Selected is not null && !HasGone ? [.. Selected.Uids] : null;
        return _reportedFirst ?? [.. View.Select(static belief => belief.Uid)];
    }

    public async Task SelectAsync(string name, bool readOnly)
    {
        Selected = null;
        View.Clear();
        var mailbox = mailboxes[name];
        var lines = await wire.RunAsync($"{(readOnly ? "EXAMINE" : "SELECT")} {name}");
        lines[^1].ShouldStartWith(readOnly ? "OK [READ-ONLY]" : "OK [READ-WRITE]");
        lines.ShouldContain($"* {mailbox.Messages.Count} EXISTS");
        lines.ShouldContain(line => line.StartsWith($"* OK [UIDNEXT {mailbox.UidNext}]"));
        lines.ShouldContain(line => line.StartsWith($"* OK [HIGHESTMODSEQ {mailbox.HighestModSeq + 1}]"));
        var unseen = mailbox.Messages.FindIndex(static message => !message.Has("\\Seen")) + 1;
        lines.Exists(static line => line.StartsWith("* OK [UNSEEN ", StringComparison.Ordinal)).ShouldBe(kind != ClientKind.Rev2 && unseen > 0);
        if (kind != ClientKind.Rev2 && unseen > 0)
            lines.ShouldContain(line => line.StartsWith($"* OK [UNSEEN {unseen}]"));
        lines.Exists(static line => line.EndsWith(" RECENT", StringComparison.Ordinal)).ShouldBe(kind != ClientKind.Rev2);
        Selected = mailbox;
        IsReadOnly = readOnly;
        View.AddRange(mailbox.Uids.Select(static uid => new Belief(uid)));
    }

    /// <summary>CLOSE and UNSELECT.</summary>
    public async Task LeaveAsync(string command)
    {
        await wire.DoAsync(command);
        Selected = null;
        View.Clear();
    }

    /// <summary>Runs a command and takes in what it tells; the tagged line.</summary>
    public async Task<string> RunAsync(string command, bool mayExpunge)
    {
        var lines = await wire.RunAsync(command);
        var tagged = lines[^1];
        lines.RemoveAt(lines.Count - 1);
        Lines = lines;
        foreach (var line in lines)
            Learn(line, command, mayExpunge);
        return tagged;
    }

    /// <summary>IDLE until all is told.</summary>
    public async Task IdleAsync()
    {
        await wire.Socket.SendAsync("i IDLE\r\nDONE\r\n");
        Lines = [];
        var isIdle = false;
        while (await wire.Socket.LineAsync() is { } line && !line.StartsWith("i ", StringComparison.Ordinal))
        {
            Lines.Add(line);
            isIdle |= line.StartsWith("+ ", StringComparison.Ordinal);
            Learn(line, "IDLE", mayExpunge: isIdle);
        }
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
        }
        else if (NumberIn(line, @"^\* (\d+) EXPUNGE$") is { } expunged)
        {
            mayExpunge.ShouldBeTrue($"{line} during {command}");
            expunged.ShouldBeLessThanOrEqualTo(View.Count, line);
            Selected!.Find(View[expunged - 1].Uid).ShouldBeNull($"{line} of a message that is there, during {command}");
            View.RemoveAt(expunged - 1);
        }
        else if (NumberIn(line, @"^\* (\d+) FETCH \(") is { } fetched)
        {
            fetched.ShouldBeLessThanOrEqualTo(View.Count, line);
            Learn(View[fetched - 1], line);
        }
    }

    private void Learn(Belief belief, string line)
    {
        if (Regex.Match(line, @"[( ]UID (\d+)") is { Success: true } uid)
            uid.Groups[1].Value.ShouldBe(belief.Uid.ToString(CultureInfo.InvariantCulture), line);
        var flags = Regex.Match(line, @"FLAGS \(([^)]*)\)");
        if (flags.Success)
        {
            var all = flags.Groups[1].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (kind == ClientKind.Rev2)
                all.ShouldNotContain("\\Recent", line);
            belief.Flags = string.Join(' ', new SortedSet<string>(all.Where(static flag => flag != "\\Recent"), StringComparer.OrdinalIgnoreCase));
        }

        if (Regex.Match(line, @"MODSEQ \((\d+)\)") is { Success: true } modSeq)
        {
            var value = long.Parse(modSeq.Groups[1].Value, CultureInfo.InvariantCulture);
            if (Selected!.Find(belief.Uid) is not null) // of a message that is gone, old news may come
                value.ShouldBeGreaterThanOrEqualTo(belief.ModSeq, line);
            belief.ModSeq = value;
        }
        else if (TellsModSeqs)
        {
            flags.Success.ShouldBeFalse($"Flags without a mod-sequence for a CONDSTORE client: {line}");
        }
    }

    private static int? NumberIn(string line, string pattern) =>
        Regex.Match(line, pattern) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;
}
