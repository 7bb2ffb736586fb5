using System.Collections.Immutable;

namespace Sora.Sieve.Syntax;

/// <summary>A place in a script; both from 1.</summary>
internal readonly record struct SourcePosition(int Line, int Column);

/// <summary>A string as it stands in the script, without quotes, escapes and dot-stuffing.</summary>
internal readonly record struct StringSyntax(string Text, SourcePosition Position);

/// <summary>argument = string-list / number / tag (RFC 5228 section 8.2).</summary>
internal abstract record ArgumentSyntax(SourcePosition Position);

internal sealed record TagSyntax(string Name, SourcePosition Position) : ArgumentSyntax(Position);

internal sealed record NumberSyntax(long Value, SourcePosition Position) : ArgumentSyntax(Position);

internal sealed record StringsSyntax(ImmutableArray<StringSyntax> Strings, bool IsList, SourcePosition Position) : ArgumentSyntax(Position);

/// <summary>A command or a test: identifier arguments, and for a command a semicolon or a block.</summary>
internal sealed record CallSyntax(string Name, SourcePosition Position)
{
    public ImmutableArray<ArgumentSyntax> Arguments { get; init; } = [];

    /// <summary>The test, or the tests in parentheses.</summary>
    public ImmutableArray<CallSyntax> Tests { get; init; } = [];

    /// <summary>The tests stand in parentheses.</summary>
    public bool IsTestList { get; init; }

    /// <summary>The block; default without one.</summary>
    public ImmutableArray<CallSyntax> Block { get; init; }
}
