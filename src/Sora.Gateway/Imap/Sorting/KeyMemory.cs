using Sora.Contracts;

namespace Sora.Gateway.Imap.Sorting;

/// <summary>Octets of the keys that were read for SORT and THREAD.</summary>
internal static class KeyMemory
{
    private const int StringBytes = 24; // besides its characters
    private const int ArrayBytes = 24;

    /// <summary>All that the keys refer to.</summary>
    public static long Of(MessageKeys keys) =>
        (8L * keys.SentDates.Length) + (4L * keys.SentDays.Length) + keys.AreReplies.Length + (8L * keys.MessageIds.Length) + (8L * keys.Conversations.Length)
        + Of(keys.Subjects) + Of(keys.Froms) + Of(keys.Tos) + Of(keys.Ccs) + Of(keys.DisplayFroms) + Of(keys.DisplayTos)
        + (8L * keys.References.Length) + References(keys, ArrayBytes);

    /// <summary>How many references there are, each with this many octets, and for each message that has some as many more.</summary>
    public static long References(MessageKeys keys, int besides)
    {
        var octets = 0L;
        foreach (var references in keys.References)
            octets += references.Length == 0 ? 0 : (8L * references.Length) + besides;
        return octets;
    }

    private static long Of(string[] texts)
    {
        var octets = 8L * texts.Length;
        foreach (var text in texts)
            octets += text.Length == 0 ? 0 : StringBytes + (2L * text.Length);
        return octets;
    }
}
