using Sora.Contracts;

namespace Sora.Gateway.Tests.Imap.Model;

/// <summary>A message as the model has it. Its mod-sequence is learned from the server and must then obey the rules.</summary>
internal sealed class ModelMessage(uint uid, IEnumerable<string> flags)
{
    public uint Uid => uid;

    public SortedSet<string> Flags { get; } = new(flags, StringComparer.OrdinalIgnoreCase);

    public long ModSeq { get; set; }

    public bool Has(string flag) => Flags.Contains(flag);

    public string FlagText => string.Join(' ', Flags);
}

/// <summary>What is in a mailbox, by the rules of RFC 9051 and RFC 7162 alone.</summary>
internal sealed class ModelMailbox(string name)
{
    private readonly HashSet<uint> _touched = [];
    private readonly List<uint> _expunged = []; // since the last check

    public string Name => name;

    public List<ModelMessage> Messages { get; } = [];

    public uint UidNext { get; private set; } = 1;

    /// <summary>Messages from this UID on are \Recent for the first session that sees them.</summary>
    public uint FirstRecent { get; set; } = 1;

    /// <summary>Messages that are gone, with the mod-sequences between which they went: above the first one, up to the second one.</summary>
    public List<(uint Uid, long After, long UpTo)> Gone { get; } = [];

    public long HighestModSeq { get; private set; }

    public IEnumerable<uint> Uids => Messages.Select(static message => message.Uid);

    public ModelMessage? Find(uint uid) => Messages.Find(message => message.Uid == uid);

    public uint Append(IEnumerable<string> flags)
    {
        Messages.Add(new ModelMessage(UidNext, flags));
        _touched.Add(UidNext);
        return UidNext++;
    }

    /// <summary>STORE: mode is <c>+</c>, <c>-</c> or nothing for a replacement.</summary>
    public void Store(uint uid, string mode, IReadOnlyList<string> flags)
    {
        if (Find(uid) is not { } message)
            return;
        var before = message.FlagText;
        if (mode.Length == 0)
            message.Flags.Clear();
        foreach (var flag in flags)
        {
            if (mode == "-")
                message.Flags.Remove(flag);
            else
                message.Flags.Add(flag);
        }

        if (message.FlagText != before)
            _touched.Add(uid);
    }

    public void Expunge(IReadOnlyCollection<uint> uids)
    {
        _touched.ExceptWith(uids);
        _expunged.AddRange(Uids.Where(uids.Contains));
        if (Messages.RemoveAll(message => uids.Contains(message.Uid)) > 0)
            _touched.Add(0);
    }

    /// <summary>
    /// Compares with what the server holds, and learns the mod-sequences of what was changed since the last time: they must be new, all others
    /// must be as they were, and nothing may move without a change.
    /// </summary>
    public void Check(MailboxIndex index)
    {
        index.UidNext.Value.ShouldBe(UidNext, $"UIDNEXT of {name}");
        index.Count.ShouldBe(Messages.Count, $"messages of {name}");
        var before = HighestModSeq;
        for (var i = 0; i < index.Count; i++)
        {
            var row = index[i];
            var message = Messages[i];
            row.Uid.ShouldBe(message.Uid, $"UID of message {i + 1} of {name}");
            string.Join(' ', new SortedSet<string>(FlagsOf(row.Flags, index.Keywords), StringComparer.OrdinalIgnoreCase))
                .ShouldBe(message.FlagText, $"flags of UID {row.Uid} of {name}");
            if (_touched.Contains(message.Uid))
                row.ModSeq.ShouldBeGreaterThan(before, $"mod-sequence of UID {row.Uid} of {name}, which was changed");
            else
                row.ModSeq.ShouldBe(message.ModSeq, $"mod-sequence of UID {row.Uid} of {name}, which was not changed");
            message.ModSeq = row.ModSeq;
            row.ModSeq.ShouldBeLessThanOrEqualTo(index.HighestModSeq.Value, $"mod-sequence of UID {row.Uid} of {name}");
        }

        if (_touched.Count == 0)
            index.HighestModSeq.Value.ShouldBe(before, $"HIGHESTMODSEQ of {name}, in which nothing was changed");
        else
            index.HighestModSeq.Value.ShouldBeGreaterThan(before, $"HIGHESTMODSEQ of {name}, which was changed");
        HighestModSeq = index.HighestModSeq.Value;
        Gone.AddRange(_expunged.Select(uid => (uid, before, HighestModSeq)));
        _expunged.Clear();
        _touched.Clear();
    }

    private static IEnumerable<string> FlagsOf(ulong flags, KeywordTable keywords)
    {
        (ulong Mask, string Name)[] system =
        [
            (FlagMask.Seen, "\\Seen"), (FlagMask.Answered, "\\Answered"), (FlagMask.Flagged, "\\Flagged"), (FlagMask.Deleted, "\\Deleted"), (FlagMask.Draft, "\\Draft"),
        ];
        foreach (var (mask, flag) in system)
        {
            if ((flags & mask) != 0)
                yield return flag;
        }

        for (var slot = 0; slot < keywords.SlotCount; slot++)
        {
            if ((flags & FlagMask.OfKeyword(slot)) != 0)
                yield return keywords[slot];
        }
    }
}
