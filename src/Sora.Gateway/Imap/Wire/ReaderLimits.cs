namespace Sora.Gateway.Imap.Wire;

/// <summary>What a client may send as one command, in bytes.</summary>
/// <param name="MaxLine">Longest line.</param>
/// <param name="MaxLiteral">Longest literal other than the message of APPEND.</param>
/// <param name="MaxCommand">All lines and literals of one command together.</param>
/// <param name="MaxLiterals">Number of literals.</param>
/// <param name="MaxDiscard">A refused literal that is longer and already on its way ends the connection.</param>
internal sealed record ReaderLimits(int MaxLine, int MaxLiteral, int MaxCommand, int MaxLiterals, long MaxDiscard);

/// <summary>How <see cref="ImapReader.ReadAsync"/> ended.</summary>
internal enum ReadStatus
{
    /// <summary>A whole command is in <see cref="ImapReader.Command"/>.</summary>
    Command,

    /// <summary>As <see cref="Command"/>, up to a literal with a message or a part of one, which has not been asked for or read yet.</summary>
    Append,

    /// <summary>The command breaks a limit and was skipped; its beginning is in <see cref="ImapReader.Command"/>.</summary>
    TooLong,

    /// <summary>A limit was broken and the input cannot be followed any more.</summary>
    Lost,

    /// <summary>Something else than input wants attention; reading goes on where it was.</summary>
    Woken,

    /// <summary>The client has closed its side.</summary>
    Closed,
}

/// <summary>A literal that holds a message or a part of one.</summary>
internal readonly record struct MessageLiteral(long Length, bool IsSynchronizing, bool IsBinary);
