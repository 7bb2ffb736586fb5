using System.Text;
using Sora.Contracts;

namespace Sora.Gateway.Imap.Wire;

internal ref partial struct ImapParser
{
    /// <summary>Most entries of one GETMETADATA or SETMETADATA.</summary>
    public const int MaxMetadataEntries = 200;

    private const int MaxEntryName = 1000;

    /// <summary>mailbox, where the empty string stands for the server (RFC 5464 section 4.1): null then.</summary>
    public MailboxName? MailboxOrServer()
    {
        var start = Position;
        if (AString().Length == 0)
            return null;
        Position = start;
        return Mailbox();
    }

    /// <summary>
    /// entry of RFC 5464: below <c>/private</c> or <c>/shared</c> (section 3.2), without wildcards, empty levels and what is not printable ASCII.
    /// </summary>
    public string MetadataEntryName()
    {
        var start = Position;
        var bytes = AString();
        if (IsEntryName(bytes))
            return Encoding.ASCII.GetString(bytes);
        Position = start;
        throw Error("an entry below /private or /shared");
    }

    /// <summary>"(" entry *(SP entry) ")".</summary>
    public List<string> MetadataEntryList()
    {
        var entries = new List<string>();
        Open();
        do
        {
            if (entries.Count == MaxMetadataEntries)
                throw Error($"at most {MaxMetadataEntries} entries");
            entries.Add(MetadataEntryName());
        }
        while (TrySpace());
        Close();
        return entries;
    }

    /// <summary>value of RFC 5464: nstring or literal8; null for NIL.</summary>
    public byte[]? MetadataValue()
    {
        if (!TryByte((byte)'~'))
            return NString();
        return Peek((byte)'{') ? Literal(isBinary: true) : throw Error("a literal");
    }

    /// <summary>objectid of RFC 8474.</summary>
    public string ObjectId()
    {
        var start = Position;
        var id = AtomSpan("an object id");
        foreach (var b in id)
        {
            if (!char.IsAsciiLetterOrDigit((char)b) && b is not (byte)'_' and not (byte)'-')
            {
                Position = start;
                throw Error("an object id");
            }
        }

        if (id.Length <= 255)
            return Encoding.ASCII.GetString(id);
        Position = start;
        throw Error("an object id of at most 255 characters");
    }

    private static bool IsEntryName(ReadOnlySpan<byte> name)
    {
        if (name.Length > MaxEntryName || name.ContainsAnyExceptInRange((byte)0x20, (byte)0x7e) || name.ContainsAny((byte)'*', (byte)'%'))
            return false;
        if (name.EndsWith("/"u8) || name.IndexOf("//"u8) >= 0)
            return false;
        return IsBelow(name, "/private"u8) || IsBelow(name, "/shared"u8);
    }

    private static bool IsBelow(ReadOnlySpan<byte> name, ReadOnlySpan<byte> scope) =>
        name.Length >= scope.Length && Ascii.EqualsIgnoreCase(name[..scope.Length], scope) && (name.Length == scope.Length || name[scope.Length] == '/');
}
