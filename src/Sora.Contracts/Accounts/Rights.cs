namespace Sora.Contracts;

/// <summary>What somebody may do with a mailbox (RFC 4314 section 2.1).</summary>
[Flags]
public enum Rights : ushort
{
    None = 0,

    /// <summary><c>l</c>: see the name in LIST and LSUB, subscribe to it.</summary>
    Lookup = 1 << 0,

    /// <summary><c>r</c>: SELECT, STATUS, FETCH, SEARCH, COPY from it.</summary>
    Read = 1 << 1,

    /// <summary><c>s</c>: set and clear \Seen.</summary>
    KeepSeen = 1 << 2,

    /// <summary><c>w</c>: set and clear flags other than \Seen and \Deleted, and keywords.</summary>
    Write = 1 << 3,

    /// <summary><c>i</c>: APPEND and COPY into it.</summary>
    Insert = 1 << 4,

    /// <summary><c>p</c>: deliver to it by its address.</summary>
    Post = 1 << 5,

    /// <summary><c>k</c>: create mailboxes below it, rename mailboxes to below it.</summary>
    CreateMailbox = 1 << 6,

    /// <summary><c>x</c>: delete it, rename it.</summary>
    DeleteMailbox = 1 << 7,

    /// <summary><c>t</c>: set and clear \Deleted.</summary>
    DeleteMessages = 1 << 8,

    /// <summary><c>e</c>: EXPUNGE, and expunge as part of CLOSE.</summary>
    Expunge = 1 << 9,

    /// <summary><c>a</c>: SETACL, DELETEACL, GETACL, LISTRIGHTS.</summary>
    Administer = 1 << 10,

    /// <summary>Flags and messages may be changed in some way: SELECT is not read-only.</summary>
    AnyChange = KeepSeen | Write | Insert | DeleteMessages | Expunge,

    /// <summary>Some flags may be changed.</summary>
    AnyFlag = KeepSeen | Write | DeleteMessages,

    /// <summary>MYRIGHTS may be asked with any of these (RFC 4314 section 4).</summary>
    AnyToKnow = Lookup | Read | Insert | CreateMailbox | DeleteMailbox | Administer,

    All = (1 << 11) - 1,
}
