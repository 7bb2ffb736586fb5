namespace Sora.Sieve.Syntax;

internal enum TokenKind : byte
{
    End,
    Identifier,
    Tag,
    Number,
    String,
    LeftBrace,
    RightBrace,
    LeftBracket,
    RightBracket,
    LeftParenthesis,
    RightParenthesis,
    Comma,
    Semicolon,
}

internal readonly record struct SieveToken(TokenKind Kind, string Text, long Number, SourcePosition Position)
{
    /// <summary>The token for a message.</summary>
    public string Show() => Kind switch
    {
        TokenKind.End => "the end of the script",
        TokenKind.Identifier => $"'{SieveText.Cut(Text, 80)}'",
        TokenKind.Tag => $"':{SieveText.Cut(Text, 80)}'",
        TokenKind.Number => $"the number {Number}",
        TokenKind.String => $"the string {SieveText.Show(Text)}",
        TokenKind.LeftBrace => "'{'",
        TokenKind.RightBrace => "'}'",
        TokenKind.LeftBracket => "'['",
        TokenKind.RightBracket => "']'",
        TokenKind.LeftParenthesis => "'('",
        TokenKind.RightParenthesis => "')'",
        TokenKind.Comma => "','",
        _ => "';'",
    };
}
