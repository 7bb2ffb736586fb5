using Sora.Contracts;

namespace Sora.Mailstore.Mailboxes;

/// <summary>What a change of flags, and nothing else, has changed.</summary>
internal static class FlagDifference
{
    /// <summary>The messages whose flags differ, by what differs. Both states have the same messages; chunks that they share are passed over.</summary>
    public static List<ChangedFlags> Between(MailboxIndex before, MailboxIndex after)
    {
        var changes = new List<ChangedFlags>();
        if (ReferenceEquals(before, after))
            return changes;
        var builders = new Dictionary<ulong, UidSet.Builder>();
        for (var chunk = 0; chunk < after.ChunkCount; chunk++)
        {
            if (ReferenceEquals(before.ChunkIdentity(chunk), after.ChunkIdentity(chunk)))
                continue;
            var then = before.Columns(chunk).Flags;
            var now = after.Columns(chunk).Flags;
            var uids = after.Columns(chunk).Uids;
            for (var row = 0; row < now.Length; row++)
            {
                var changed = then[row] ^ now[row];
                if (changed == 0)
                    continue;
                if (!builders.TryGetValue(changed, out var builder))
                    builders[changed] = builder = new UidSet.Builder();
                builder.Add(uids[row]);
            }
        }

        foreach (var (changed, builder) in builders)
            changes.Add(new ChangedFlags(builder.ToSet(), after.Keywords.FlagsOf(changed)));
        return changes;
    }
}
